"""A chain, as far as the ledger knows of one: each fill that waits for it is confirmed or fails.

What becomes of a fill is decided by the seed and its number alone, so whoever reports it again,
after a crash from the very beginning, says the same.
"""

import asyncio
from collections.abc import Mapping
from random import Random
from typing import Final

from outcry.app.sim.people import TRANSIENT
from outcry.domain.ledger.pending import Outcome
from outcry.messages.chain_requests import ChainReportOp, ChainVerdict
from outcry.messages.entry import unpack_entry
from outcry.messages.requests import Declined
from outcry.ports.asset import Asset, AssetUnavailable
from outcry.ports.ledger_log import LedgerLog, LogUnavailable


FAILED_SHARE: Final = 0.25
WAIT_MS: Final = 300
PAUSE_SECONDS_MAX: Final = 0.2


def outcome_of(seed: int, trade_id: int, fill: int) -> Outcome:
    """Return what becomes of a fill in the world of *seed*."""
    drawn = Random(f"{seed}:{trade_id}:{fill}").random()  # noqa: S311 - the point is to repeat it
    return Outcome.FAILED if drawn < FAILED_SHARE else Outcome.CONFIRMED


class Chain:
    """Reads from the log what is to be settled, and reports what became of it, in any order."""

    name = "chain"

    def __init__(self, seed: int, log: LedgerLog, asset: Asset, chance: Random) -> None:
        self._seed = seed
        self._log = log
        self._asset = asset
        self._chance = chance
        self._n = 0
        self._due: list[ChainVerdict] = []

    async def start(self) -> None:
        """Begin with the first entry: what was reported already is recognised."""

    async def run(self) -> None:
        """Settle until cancelled."""
        while True:
            try:
                await self._read()
                await self._report()
            except (AssetUnavailable, LogUnavailable):
                await asyncio.sleep(self._chance.uniform(0, PAUSE_SECONDS_MAX))

    async def stop(self) -> None:
        """Nothing is unfinished."""

    def status(self) -> Mapping[str, int]:
        """Return how far it has read, and what it has not reported."""
        return {"ready": 1, "position": self._n, "due": len(self._due)}

    async def _read(self) -> None:
        if not self._due:
            await self._log.wait(self._n, WAIT_MS)
        async for row in self._log.entries(self._n):
            requests = unpack_entry(row.body).settlements if row.body else []
            for request in requests:
                for fill in request.fills:
                    outcome = outcome_of(self._seed, request.trade_id, fill.fill)
                    tx_hash = f"{request.trade_id}/{fill.fill}"
                    verdict = ChainVerdict(request.trade_id, fill.fill, outcome, tx_hash)
                    self._due.append(verdict)
            self._n = row.n

    async def _report(self) -> None:
        """Report some of what is due; raises `AssertionError` when the ledger knows otherwise."""
        if not self._due:
            return
        await asyncio.sleep(self._chance.uniform(0, PAUSE_SECONDS_MAX))
        self._chance.shuffle(self._due)
        some = self._due[: self._chance.randint(1, 5)]
        answer = await self._asset.funds(ChainReportOp(0, some, self._n, 0))
        if not isinstance(answer, Declined):
            self._due = self._due[len(some) :]
        elif not answer.retry_after_ms and answer.reject not in TRANSIENT:
            raise AssertionError(f"{some} were declined: {answer}")
