"""Changes of public books for one subscriber, joined until it takes them.

However slow a subscriber is, it costs at most one `MarketChange` per market, of bounded size: what
it did not fetch in time is joined, and what would be too much becomes "take the whole book".
"""

import asyncio
from collections.abc import Callable
from typing import Final

from outcry.domain.levels import LevelBook
from outcry.messages.book_updates import BookUpdate, PublicTrade


#: Levels of one market that are joined before a subscriber is told to take the whole book.
JOINED_LEVELS_MAX: Final = 4_096
#: Fills of one market that wait for a subscriber; older ones are dropped and counted.
JOINED_TRADES_MAX: Final = 1_000


class MarketChange:
    """What changed in one market since the subscriber last asked."""

    __slots__ = (
        "at_us",
        "levels",
        "market_id",
        "prev_update_id",
        "state",
        "trades",
        "trades_dropped",
        "update_id",
        "whole",
    )

    def __init__(self, market_id: int, prev_update_id: int) -> None:
        self.market_id = market_id
        #: The update id that the subscriber was told last, or that the book had when it came.
        self.prev_update_id = prev_update_id
        self.update_id = prev_update_id
        self.at_us = 0
        self.state = 0
        #: ``(bid, price)`` to lots as of `update_id`; 0 lots: the level is gone.
        self.levels: dict[tuple[bool, int], int] = {}
        self.trades: list[PublicTrade] = []
        self.trades_dropped = 0
        #: `levels` does not tell all: take the whole book.
        self.whole = False


class Subscription:
    """Changes for one subscriber, joined per market until it takes them."""

    def __init__(self, forget: Callable[["Subscription"], None]) -> None:
        self._forget = forget
        self._pending: dict[int, MarketChange] = {}
        self._changed = asyncio.Event()

    async def wait(self) -> None:
        """Wait until there is something to `take`, or somebody says `wake`."""
        await self._changed.wait()

    def wake(self) -> None:
        """End the `wait`, though there may be nothing to take."""
        self._changed.set()

    def take(self) -> list[MarketChange]:
        """Return what changed since the last call, at most one item per market."""
        taken = list(self._pending.values())
        self._pending = {}
        self._changed.clear()
        return taken

    def close(self) -> None:
        """Want no more changes. Called once."""
        self._forget(self)

    def note(self, book: LevelBook, prev_update_id: int, update: BookUpdate) -> None:
        """Join what *update* did to *book*, of which the subscriber knew *prev_update_id*."""
        change = self._pending.get(book.market_id)
        if change is None:
            change = self._pending[book.market_id] = MarketChange(book.market_id, prev_update_id)
        change.update_id, change.at_us, change.state = book.update_id, book.at_us, book.state
        change.levels.update(((lv.bid, lv.price), lv.qty) for lv in update.levels)
        change.trades += update.trades
        if change.whole or not update.prev_update_id or len(change.levels) > JOINED_LEVELS_MAX:
            change.whole = True
            change.levels = {}
        dropped = len(change.trades) - JOINED_TRADES_MAX
        if dropped > 0:
            change.trades_dropped += dropped
            del change.trades[:dropped]
        self._changed.set()
