"""What a follower of the public feed decides: what to ask for, and what a message means. Pure.

Each market has a local book. A change that does not follow makes the book be forgotten and asked
for again; after a new connection each book goes on from where it stands, when the exchange can.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from msgspec import DecodeError, json

from outcry_sdk.book import LocalBook
from outcry_sdk.errors import Gap, ProtocolError, Refusal, RejectedError, rejected
from outcry_sdk.feeds.follower import Reaction
from outcry_sdk.feeds.frames import PublicFrame, PublicTrade, public_frame


@dataclass(frozen=True, slots=True)
class BookChanged:
    """A book is at another update than before.

    ``whole`` after a snapshot: what happened in between is not told. ``trades_dropped`` trades
    happened and are not in ``trades``.
    """

    market_id: int
    book: LocalBook
    trades: list[PublicTrade]
    whole: bool
    trades_dropped: int = 0


@dataclass(frozen=True, slots=True)
class Refused:
    """The exchange declined a subscription; the connection stays."""

    error: RejectedError


PublicEvent = BookChanged | Refused


class PublicFollower:
    """The state of one connection after another."""

    path: Final[str] = "/depth"

    def __init__(self) -> None:
        self._books: dict[int, LocalBook] = {}
        #: Gaps that were found and repaired.
        self.gaps = 0

    @property
    def books(self) -> Mapping[int, LocalBook]:
        """Return the book of each market that is followed."""
        return self._books

    def follow(self, event_id: int, market_id: int) -> str:
        """Want a market from now on; returns the message that asks for it."""
        book = self._books.setdefault(market_id, LocalBook(event_id, market_id))
        return _ask("subscribe", book, book.update_id)

    def leave(self, market_id: int) -> str:
        """Want a market no more; raises `KeyError` when it is not followed."""
        return _ask("unsubscribe", self._books.pop(market_id), 0)

    def opening(self) -> list[str]:
        """Return what to say on a new connection."""
        return [_ask("subscribe", book, book.update_id) for book in self._books.values()]

    def take(self, message: str | bytes) -> Reaction[PublicEvent]:
        """Act on a message; raises `ProtocolError`."""
        try:
            frame = public_frame(message)
        except DecodeError as error:
            raise ProtocolError(f"the public feed said {message[:200]!r}") from error
        if frame.reject:
            refusal = Refusal(frame.reject, frame.name, frame.got, frame.expected)
            return Reaction([Refused(rejected(frame.message, refusal))])
        book = self._books.get(frame.market_id)
        if book is None or (frame.depths is None and frame.changes is None):
            return Reaction()
        return self._take(book, frame)

    def _take(self, book: LocalBook, frame: PublicFrame) -> Reaction[PublicEvent]:
        try:
            taken = book.take(frame)
        except Gap:
            self.gaps += 1
            book.forget()
            return Reaction(say=[_ask("subscribe", book, 0)])
        if not taken:
            return Reaction()
        whole = frame.depths is not None
        changed = BookChanged(book.market_id, book, frame.trades, whole, frame.trades_dropped)
        return Reaction([changed])


def _ask(action: str, book: LocalBook, update_id: int) -> str:
    message: dict[str, object] = {
        "action": action,
        "event_id": book.event_id,
        "market_id": book.market_id,
    }
    if update_id:
        message["update_id"] = update_id
    return json.encode(message).decode()
