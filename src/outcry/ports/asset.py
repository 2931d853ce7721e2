"""Asset: the ledger as its callers see it, in the same process or over gRPC.

Laws:

* `submit` answers each request in its place, never before the log entry that covers the answer is
  committed; declined requests changed nothing. With ``wait_result`` it answers when the kernel's
  facts are committed, or after a bound with status `NEW`.
* `apply` is idempotent by seq: facts at or below what is applied are skipped, also inside a body;
  ``first`` above ``applied + 1`` raises `OutOfSequence`. It returns when they are committed.
* `funds` is idempotent by its natural key: the same operation again returns the first answer with
  ``repeated``, the same key with other content is a reject.
"""

from collections.abc import Sequence
from typing import Protocol

from outcry.domain.errors import OutcryError
from outcry.messages.requests import FundsOp, FundsResult, OrderRequest, OrderResult


#: Requests in one `submit`.
SUBMIT_COUNT_MAX = 2_000
#: Bytes of one batch of requests, results or facts, where it travels between processes: the facts
#: of a command are never divided, and one cancel-all may end as many orders as an account may have.
BATCH_BYTES_MAX = 128 * 1024 * 1024


class OutOfSequence(OutcryError):
    """Facts were offered that do not follow what is applied; send from `applied` + 1."""

    def __init__(self, shard: int, applied: int, first: int) -> None:
        """Remember where the ledger stands."""
        super().__init__(f"shard {shard} is applied to {applied}; facts from {first} do not follow")
        self.shard = shard
        self.applied = applied
        self.first = first


class FalseFacts(OutcryError):
    """What was offered as facts cannot have happened; nothing of it was applied."""


class AssetUnavailable(OutcryError):
    """The ledger cannot be reached. The request may or may not have been taken: repeat it."""


class Asset(Protocol):
    """The ledger and sequencer."""

    async def submit(
        self, requests: Sequence[OrderRequest], *, wait_result: bool
    ) -> list[OrderResult]:
        """Number orders and cancels; see the laws above."""
        ...

    async def apply(self, shard: int, first: int, last: int, body: bytes) -> int:
        """Apply facts ``first..last`` of *shard*; returns the seq applied. Processor only."""
        ...

    async def funds(self, op: FundsOp, *, key_id: int = 0) -> FundsResult:
        """Carry out one money, market, user or admin operation.

        *key_id* is the API key of who asks (0: none was used), for the audit.
        """
        ...

    async def applied(self, shard: int) -> int:
        """Return the seq up to which facts of *shard* are applied and committed."""
        ...
