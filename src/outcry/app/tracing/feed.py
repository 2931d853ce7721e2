"""The private feed, which tells when it wrote what became of traced commands to sockets."""

from time import time_ns
from typing import Any

from outcry.domain.ids import command_number
from outcry.messages.user_events import FillDone, OrderState, UserBatch, UserEvent
from outcry.runtime.tracing import Spans, Traced, sampled
from outcry.services.websocket_user.config import UserFeedConfig
from outcry.services.websocket_user.service import WebsocketUser


class TracedUserFeed(WebsocketUser):
    """`WebsocketUser` with spans for what went to at least one connection."""

    def __init__(self, config: UserFeedConfig, spans: Spans, one_in: int, **needs: Any) -> None:  # noqa: ANN401
        """Tell *spans* of one command in *one_in*; *needs* are those of `WebsocketUser`."""
        super().__init__(config, **needs)
        self._spans = spans
        self._one_in = one_in

    def _take(self, n: int, batches: list[UserBatch]) -> None:
        began_ns = time_ns()
        fresh = n > self._ring.position
        super()._take(n, batches)
        if not fresh:
            return
        told: dict[Traced, int] = {}
        for batch in batches:
            listening = len(self._sessions.get(batch.user_id, ()))
            if listening:
                for command in {self._command(event) for event in batch.events}:
                    if command is not None:
                        told[command] = told.get(command, 0) + listening
        for command, connections in told.items():
            self._spans.emit("feed.user", command, began_ns, time_ns(),
                             **{"outcry.n": n, "outcry.connections": connections})  # fmt: skip

    def _command(self, event: UserEvent) -> Traced | None:
        """Return the traced command that *event* tells of."""
        if isinstance(event, FillDone):
            return sampled(event.trade_id, self._one_in)
        if not isinstance(event, OrderState) or event.update_id % self._one_in:
            return None
        market = self._directory.market(event.market_id)
        return (
            sampled(command_number(market.shard, event.update_id), self._one_in) if market else None
        )
