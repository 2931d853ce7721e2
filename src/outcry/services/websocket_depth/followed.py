"""Who follows a market, where each of them stands, and what is rendered for all of them once."""

from typing import Final

from msgspec.structs import replace

from outcry.ports.books import BookImage
from outcry.ports.projection import MarketRow
from outcry.runtime.book_changes import MarketChange
from outcry.runtime.ws_session import Session, encode
from outcry.services.websocket_depth.channel import Channel
from outcry.services.websocket_depth.frames import ChangeFrame, change_frame, snapshot_frame


#: Messages that are kept for readers at different updates; a client may name any update to resume.
RENDERED_MAX: Final = 64


class Following:
    """One market as one connection sees it."""

    __slots__ = ("dropped", "market_id", "resumed", "session", "trades_seen", "update_id")

    #: `update_id` of a reader that needs a snapshot.
    NEEDS_SNAPSHOT = -1

    def __init__(self, session: Session, market_id: int, *, resumed: bool = True) -> None:
        self.session = session
        #: False until the snapshot is sent that a reader gets instead of what it missed.
        self.resumed = resumed
        self.market_id = market_id
        self.update_id = self.NEEDS_SNAPSHOT
        self.trades_seen = 0
        #: Messages that were not sent because the connection was full.
        self.dropped = 0


class Followed:
    """A market with those who follow it, and what was rendered for them at its present state."""

    def __init__(self, market: MarketRow, channel: Channel) -> None:
        self.market = market
        self.channel = channel
        self.followers: set[Following] = set()
        self._rendered: dict[int, tuple[ChangeFrame, bytes]] = {}
        self._snapshot: tuple[int, bytes] = (-1, b"")

    def take(self, change: MarketChange) -> None:
        """Take what happened; what was rendered before is no longer what readers need."""
        self.channel.take(change)
        self._rendered.clear()

    def changes_since(self, update_id: int, dropped: int, trades_lost: int) -> bytes:
        """Return the message for a reader at *update_id*; the usual one is rendered once."""
        found = self._rendered.get(update_id)
        if found is None:
            if len(self._rendered) >= RENDERED_MAX:
                self._rendered.clear()
            frame = change_frame(self.market, self.channel.since(update_id))
            found = self._rendered[update_id] = (frame, encode(frame))
        if not dropped and not trades_lost:
            return found[1]
        return encode(replace(found[0], dropped=dropped, trades_dropped=trades_lost))

    def snapshot(self, image: BookImage, *, resumed: bool) -> bytes:
        """Return the message with the whole book; one for a reader that asked to resume says so."""
        if not resumed:
            return encode(
                snapshot_frame(self.market, image, self.channel.last_price, resumed=False)
            )
        if self._snapshot[0] != image.update_id:
            frame = snapshot_frame(self.market, image, self.channel.last_price)
            self._snapshot = (image.update_id, encode(frame))
        return self._snapshot[1]
