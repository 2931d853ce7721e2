"""What is not told yet: matches whose transaction has not passed its pre-flight.

An order's frames keep their order: one that tells of such a match holds up those behind it.
"""

from collections import deque
from collections.abc import Collection, Iterable
from typing import Final, NamedTuple

from outcry.domain.errors import OutcryError
from outcry.messages.user_events import OrderState


#: Fills and frames that are held back together; beyond it nobody is told anything more.
HELD_COUNT_MAX: Final = 20_000

#: Trade and fill.
FillKey = tuple[int, int]


class TooMuchHeld(OutcryError):
    """More waits for the chain's side than is remembered."""


class OrderNews(NamedTuple):
    """What one user is to be told of one of their orders."""

    user_id: int
    order: OrderState
    kind: str
    #: Names of the trades that led to it.
    trades: list[str]


class Holding:
    """Fills that are not announced, and the frames that would announce them."""

    def __init__(self) -> None:
        self._fills: set[FillKey] = set()
        #: By order, in the order they came; each with the fills that it tells of.
        self._news: dict[int, deque[tuple[OrderNews, frozenset[FillKey]]]] = {}
        #: Orders that wait for a fill.
        self._orders: dict[FillKey, set[int]] = {}
        self._count = 0

    def hold(self, fills: Iterable[FillKey]) -> None:
        """Know of fills that are not to be announced yet. Raises `TooMuchHeld`."""
        self._fills.update(fills)
        self._bounded()

    def holds(self, fill: FillKey) -> bool:
        """Whether a fill is not announced yet."""
        return fill in self._fills

    def keep(self, news: OrderNews, fills: Collection[FillKey]) -> bool:
        """Keep *news* that tells of *fills* if it has to wait; return whether it does.

        Raises `TooMuchHeld`.
        """
        order_id = news.order.order_id
        waits = self._fills.intersection(fills)
        if not waits and order_id not in self._news:
            return False
        self._news.setdefault(order_id, deque()).append((news, frozenset(waits)))
        for fill in waits:
            self._orders.setdefault(fill, set()).add(order_id)
        self._count += 1
        self._bounded()
        return True

    def release(self, fills: Iterable[FillKey]) -> tuple[set[FillKey], list[OrderNews]]:
        """Hold *fills* no more; return those that were held, and the news that may be told now."""
        freed = self._fills.intersection(fills)
        self._fills -= freed
        orders = {order for fill in freed for order in self._orders.pop(fill, ())}
        told = [news for order_id in sorted(orders) for news in self._free(order_id)]
        self._count -= len(told)
        return freed, told

    def forget(self) -> None:
        """Nobody is there to be told."""
        self._fills.clear()
        self._news.clear()
        self._orders.clear()
        self._count = 0

    def _free(self, order_id: int) -> Iterable[OrderNews]:
        waiting = self._news.get(order_id, deque())
        while waiting and self._fills.isdisjoint(waiting[0][1]):
            yield waiting.popleft()[0]
        if not waiting:
            self._news.pop(order_id, None)

    def _bounded(self) -> None:
        if len(self._fills) + self._count > HELD_COUNT_MAX:
            raise TooMuchHeld(f"more than {HELD_COUNT_MAX} fills and frames")
