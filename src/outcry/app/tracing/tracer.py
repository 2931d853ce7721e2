"""Tracer: wraps the ports of one process, so that traced commands are told of as they pass."""

from collections.abc import Callable
from functools import partial
from typing import cast

from outcry.app.tracing.asset import TracedAsset
from outcry.app.tracing.bus import TracedBus
from outcry.app.tracing.log import ReadersLog, WritersLog
from outcry.app.tracing.notes import Notes
from outcry.app.tracing.projection import TracedProjection
from outcry.ports.asset import Asset
from outcry.ports.bus import Bus
from outcry.ports.ledger_log import LedgerLog
from outcry.ports.projection import Projection
from outcry.runtime.tracing import Spans
from outcry.services.websocket_user.service import WebsocketUser


class Tracer:
    """What one process needs to tell of one command in *one_in*."""

    def __init__(self, spans: Spans, one_in: int) -> None:
        self._spans = spans
        self._one_in = one_in
        #: Entries of the log with facts of traced commands, until they are published or projected.
        self._entries: Notes[int] = Notes()

    def bus(self, bus: Bus) -> Bus:
        """Return *bus*, which tells what passes it."""
        return cast("Bus", TracedBus(bus, self._spans, self._one_in, self._entries))

    def log(self, log: LedgerLog, *, writes: bool) -> LedgerLog:
        """Return *log*, which tells what is appended if this process *writes* it."""
        if writes:
            return cast("LedgerLog", WritersLog(log, self._spans, self._one_in, self._entries))
        return cast("LedgerLog", ReadersLog(log, self._one_in, self._entries))

    def asset(self, asset: Asset) -> Asset:
        """Return *asset*, which tells of the orders and the facts that are brought to it."""
        return TracedAsset(asset, self._spans, self._one_in)

    def projection(self, projection: Projection) -> Projection:
        """Return *projection*, which tells what is written."""
        return cast("Projection", TracedProjection(projection, self._spans, self._entries))

    def user_feed(self) -> Callable[..., WebsocketUser]:
        """Return what makes a private feed that tells of what it sent."""
        from outcry.app.tracing.feed import TracedUserFeed  # noqa: PLC0415 - the edge alone has it

        return partial(TracedUserFeed, spans=self._spans, one_in=self._one_in)
