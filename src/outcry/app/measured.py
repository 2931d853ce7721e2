"""Ports that also count: what the ledger is asked, and how long ledger, streams and tables take.

Once per batch, never per order, but for the refusals, which are looked for in the answers.
"""

import time
from collections.abc import Callable, Sequence
from typing import Any, Final

from prometheus_client import CollectorRegistry, Counter, Histogram

from outcry.app.rejects_shown import RejectFigures
from outcry.messages.requests import Declined, FundsOp, FundsResult, OrderRequest, OrderResult
from outcry.messages.user_events import FillDone, FillSettled, OrderState, UserBatch
from outcry.ports.asset import Asset
from outcry.ports.bus import Bus, StreamEntry
from outcry.ports.projection import Projection, Rows


#: Seconds, from a stream in memory to a process that is in trouble.
BUCKETS: Final = (
    0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0,
)  # fmt: skip


class MeasuredAsset:
    """An `Asset`; everything but asking for orders and operations is the other's."""

    def __init__(self, asset: Asset, registry: CollectorRegistry) -> None:
        """Count in *registry* what *asset* is asked."""
        self._asset = asset
        self._refused: dict[int, int] = {}
        self._requests = Counter(
            "outcry_asset_requests", "Orders, cancels and operations.", registry=registry
        )
        self._seconds = Histogram(
            "outcry_asset_submit_seconds",
            "Time from a batch of orders and cancels until its answers.",
            ("wait",),
            buckets=BUCKETS,
            registry=registry,
        )
        registry.register(RejectFigures("asset", lambda: self._refused))

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the other has
        return getattr(self._asset, name)

    async def submit(
        self, requests: Sequence[OrderRequest], *, wait_result: bool
    ) -> list[OrderResult]:
        """Number orders and cancels; see `Asset.submit`."""
        began = time.perf_counter()
        results = await self._asset.submit(requests, wait_result=wait_result)
        seconds = time.perf_counter() - began
        self._seconds.labels("result" if wait_result else "accepted").observe(seconds)
        self._count(results)
        return results

    async def funds(self, op: FundsOp, *, key_id: int = 0) -> FundsResult:
        """Carry out one operation; see `Asset.funds`."""
        result = await self._asset.funds(op, key_id=key_id)
        self._count([result])
        return result

    def _count(self, results: Sequence[OrderResult | FundsResult]) -> None:
        self._requests.inc(len(results))
        for result in results:
            if type(result) is Declined:
                self._refused[result.reject] = self._refused.get(result.reject, 0) + 1


class MeasuredBus:
    """A `Bus`; everything but appending is the other's."""

    def __init__(self, bus: Bus, registry: CollectorRegistry) -> None:
        """Count in *registry*."""
        self._bus = bus
        self._seconds = Histogram(
            "outcry_stream_append_seconds",
            "Time until a stream had what was appended at once.",
            ("stream",),
            buckets=BUCKETS,
            registry=registry,
        )

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the other has
        return getattr(self._bus, name)

    async def append_many(
        self, stream: str, entries: Sequence[StreamEntry], *, begin: bool = True
    ) -> None:
        """Append; see `Bus.append_many`."""
        began = time.perf_counter()
        await self._bus.append_many(stream, entries, begin=begin)
        self._seconds.labels(stream.partition(":")[0]).observe(time.perf_counter() - began)


class MeasuredProjection:
    """A `Projection`; everything but writing is the other's."""

    def __init__(self, projection: Projection, registry: CollectorRegistry) -> None:
        """Count in *registry*."""
        self._projection = projection
        self._seconds = Histogram(
            "outcry_history_write_seconds",
            "Time of one transaction on the tables.",
            buckets=BUCKETS,
            registry=registry,
        )

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the other has
        return getattr(self._projection, name)

    async def apply(self, n_first: int, n_last: int, rows: Rows, at_us: int = 0) -> None:
        """Write *rows*; see `Projection.apply`."""
        began = time.perf_counter()
        await self._projection.apply(n_first, n_last, rows, at_us)
        self._seconds.observe(time.perf_counter() - began)


def feed_delay(registry: CollectorRegistry) -> Callable[[int, list[UserBatch]], None]:
    """Return an observer of private events that counts how late they are."""
    seconds = Histogram(
        "outcry_websocket_user_delay_seconds",
        "Time from the ledger's stamp on what happened until it goes to sockets.",
        buckets=BUCKETS,
        registry=registry,
    )

    def observe(_n: int, batches: list[UserBatch]) -> None:
        for event in batches[0].events if batches else ():
            if isinstance(event, OrderState):
                seconds.observe(max(0.0, time.time() - event.updated_at_us / 1e6))
                return
            if isinstance(event, FillDone | FillSettled):
                seconds.observe(max(0.0, time.time() - event.at_us / 1e6))
                return

    return observe
