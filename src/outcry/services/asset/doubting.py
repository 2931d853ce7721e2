"""Facts from outside are tried before they are applied: a false one is refused, and nothing else.

The processor beside the ledger is not doubted. If what the kernel says breaks a law of the ledger,
one of the two is wrong, and the process stops before anything is written. But whoever comes over a
wire with the processor's token must not be able to stop the ledger by saying what is not so.
"""

from collections.abc import Sequence

from outcry.domain.ledger.effects import Effects
from outcry.domain.ledger.state import Ledger
from outcry.domain.ledger.trial import trial_of
from outcry.messages.facts import unpack_facts
from outcry.messages.requests import FundsOp, FundsResult, OrderRequest, OrderResult
from outcry.ports.asset import FalseFacts
from outcry.runtime.plain_rules import apply_fact
from outcry.services.asset.service import AssetService


class DoubtingAsset:
    """The ledger for callers over a wire: an `outcry.ports.asset.Asset`."""

    def __init__(self, service: AssetService) -> None:
        """Stand before *service*."""
        self._service = service

    async def submit(
        self, requests: Sequence[OrderRequest], *, wait_result: bool
    ) -> list[OrderResult]:
        """Number orders and cancels; see `Asset.submit`."""
        return await self._service.submit(requests, wait_result=wait_result)

    async def apply(self, shard: int, first: int, last: int, body: bytes) -> int:
        """Apply facts that are possible; raises `FalseFacts` for others."""
        return await self._service.apply(shard, first, last, body, doubt=doubt)

    async def funds(self, op: FundsOp, *, key_id: int = 0) -> FundsResult:
        """Carry out one operation; see `Asset.funds`."""
        return await self._service.funds(op, key_id=key_id)

    async def applied(self, shard: int) -> int:
        """Return the seq up to which facts of *shard* are applied; see `Asset.applied`."""
        return await self._service.applied(shard)


def doubt(ledger: Ledger, shard: int, last: int, body: bytes) -> None:
    """Raise `FalseFacts` unless *body* can be applied to *ledger* and ends with seq *last*.

    What is applied already is passed over, as it will be.
    """
    trial = trial_of(ledger)
    try:
        effects = Effects()
        begun = trial.shard(shard).applied
        for one in unpack_facts(body):
            if one.seq > begun:
                apply_fact(trial, effects, shard, one)
    except Exception as error:  # whatever it is, it would have stopped the ledger
        raise FalseFacts(f"{type(error).__name__}: {error}") from error
    applied = trial.shard(shard).applied
    if applied != last:
        raise FalseFacts(f"the facts end at seq {applied}, not at {last}")
