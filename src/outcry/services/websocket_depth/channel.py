"""A channel: the recent changes of one market, from which any follower can be brought up to date.

For each price level it remembers its quantity and the update that set it last. So whoever was right
at update X, whenever that was, is right at `update_id` after taking the levels set after X: that is
what in-time readers, slow readers and those who come back are sent alike. Memory is bounded by the
number of prices, not by time. Pure.
"""

from collections import deque
from collections.abc import Iterator
from typing import Final, NamedTuple

from outcry.domain.ids import SEQ_BITS
from outcry.messages.book_updates import PublicTrade
from outcry.runtime.book_changes import MarketChange


_SEQ_MASK: Final = (1 << SEQ_BITS) - 1


class LevelSet(NamedTuple):
    """A level as it is now; 0 lots: it is gone."""

    bid: bool
    price: int
    qty: int


class Delta(NamedTuple):
    """What a reader at ``prev_update_id`` needs in order to be at ``update_id``."""

    prev_update_id: int
    update_id: int
    at_us: int
    last_price: int
    levels: list[LevelSet]
    trades: list[PublicTrade]


class Channel:
    """Recent changes of one market."""

    def __init__(self, market_id: int, update_id: int, *, last_price: int, trades_max: int) -> None:
        """Know everything from *update_id* on, when the last trade was at *last_price*."""
        self.market_id = market_id
        #: Readers at this update or later can be brought up to date; others need a snapshot.
        self.floor = update_id
        self.update_id = update_id
        self.at_us = 0
        self.last_price = last_price
        #: Trades that were seen, kept or not.
        self.trades_seen = 0
        #: Level to (update, lots), the one set last at the end.
        self._levels: dict[tuple[bool, int], tuple[int, int]] = {}
        self._trades: deque[PublicTrade] = deque(maxlen=trades_max)
        #: Trades up to this seq are not here any more.
        self._trades_floor = update_id

    def take(self, change: MarketChange) -> None:
        """Take what happened since the last call.

        When the whole book is new, `last_price` is the caller's to set: its trades were not told.
        """
        self.update_id = max(self.update_id, change.update_id)
        self.at_us = change.at_us
        self._take_trades(change)
        if change.whole:
            self.floor = self.update_id
            self._levels.clear()
            return
        for key, qty in change.levels.items():
            self._levels.pop(key, None)
            self._levels[key] = (change.update_id, qty)

    def can_resume(self, update_id: int) -> bool:
        """Return whether nothing that came after *update_id*, levels or trades, is forgotten."""
        return max(self.floor, self._trades_floor) <= update_id <= self.update_id

    def since(self, update_id: int) -> Delta:
        """Return what a reader at *update_id* needs, which is at or above `floor`."""
        assert update_id >= self.floor
        return Delta(
            update_id,
            self.update_id,
            self.at_us,
            self.last_price,
            list(self._levels_after(update_id)),
            [trade for trade in self._trades if trade.trade_id & _SEQ_MASK > update_id],
        )

    def trades_lost(self, trades_seen: int) -> int:
        """Return how many trades are not here of those after the first *trades_seen*."""
        return max(0, self.trades_seen - trades_seen - len(self._trades))

    def _levels_after(self, update_id: int) -> Iterator[LevelSet]:
        for (bid, price), (changed_at, qty) in reversed(self._levels.items()):
            if changed_at <= update_id:
                return
            yield LevelSet(bid, price, qty)

    def _take_trades(self, change: MarketChange) -> None:
        self.trades_seen += change.trades_dropped + len(change.trades)
        if change.trades_dropped:
            self._trades.clear()
            self._trades_floor = change.trades[0].trade_id & _SEQ_MASK
        if change.trades:
            self.last_price = change.trades[-1].price
        for trade in change.trades:
            if len(self._trades) == self._trades.maxlen:
                self._trades_floor = self._trades[0].trade_id & _SEQ_MASK
            self._trades.append(trade)
