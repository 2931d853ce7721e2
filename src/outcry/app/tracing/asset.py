"""The ledger as a process asks it, which tells of traced orders and of facts brought to it."""

from collections.abc import Sequence
from time import time_ns

from outcry.messages.requests import (
    CancelAccepted,
    FundsOp,
    FundsResult,
    OrderAccepted,
    OrderRequest,
    OrderResult,
    SessionCommand,
)
from outcry.ports.asset import Asset
from outcry.runtime.tracing import Spans, any_sampled, sampled, traced_in


class TracedAsset:
    """An `Asset`: the root of each trace where it is a door's, a stage where the processor's."""

    def __init__(self, asset: Asset, spans: Spans, one_in: int) -> None:
        """Tell *spans* of one command in *one_in*."""
        self._asset = asset
        self._spans = spans
        self._one_in = one_in

    async def submit(
        self, requests: Sequence[OrderRequest], *, wait_result: bool
    ) -> list[OrderResult]:
        """Number orders and cancels; see `Asset.submit`."""
        began_ns = time_ns()
        results = await self._asset.submit(requests, wait_result=wait_result)
        for request, result in zip(requests, results, strict=True):
            if not isinstance(result, OrderAccepted | CancelAccepted):
                continue
            command = sampled(result.command, self._one_in)
            if command is not None:
                self._spans.emit("order", command, began_ns, time_ns(), **{
                    "outcry.request": _name(request),
                    "outcry.wait": "result" if wait_result else "accepted",
                    "outcry.n": result.n,
                    "outcry.order_id": _order_id(result),
                })  # fmt: skip
        return results

    async def apply(self, shard: int, first: int, last: int, body: bytes) -> int:
        """Apply facts; see `Asset.apply`."""
        began_ns = time_ns()
        applied = await self._asset.apply(shard, first, last, body)
        if any_sampled(first, last, self._one_in):
            for command in traced_in(shard, body, self._one_in):
                self._spans.emit("ledger.apply", command, began_ns, time_ns())
        return applied

    async def funds(self, op: FundsOp, *, key_id: int = 0) -> FundsResult:
        """Carry out one operation; see `Asset.funds`."""
        return await self._asset.funds(op, key_id=key_id)

    async def applied(self, shard: int) -> int:
        """Return the seq up to which facts of *shard* are applied; see `Asset.applied`."""
        return await self._asset.applied(shard)


def _name(request: OrderRequest) -> str:
    """Return what was asked, in one word; what a session numbers is what it is without."""
    asked = request.command if isinstance(request, SessionCommand) else request
    return type(asked).__name__.removesuffix("Request").lower()


def _order_id(result: OrderAccepted | CancelAccepted) -> int:
    if isinstance(result, OrderAccepted):
        return result.order_id
    return result.order_ids[0] if result.order_ids else 0
