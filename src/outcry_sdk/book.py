"""A local book: a snapshot, then changes, each of which must follow what the book has. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from operator import attrgetter

from outcry_sdk.errors import Gap
from outcry_sdk.feeds.frames import LevelFrame, PublicFrame, SideFrame
from outcry_sdk.models import Level


@dataclass(slots=True)
class _Side:
    """One token's side, levels by price."""

    bids: dict[Decimal, Level] = field(default_factory=dict)
    asks: dict[Decimal, Level] = field(default_factory=dict)
    latest_trade_price: Decimal | None = None

    def take(self, frame: SideFrame) -> None:
        """Take levels with their new totals."""
        _take(self.bids, frame.bids)
        _take(self.asks, frame.asks)
        if frame.latest_trade_price:
            self.latest_trade_price = Decimal(frame.latest_trade_price)


class LocalBook:
    """The book of one market as of ``update_id``, as each of its two tokens sees it.

    It is right as long as every message that it took followed the one before; `take` raises `Gap`
    for one that does not, changes nothing then, and a new snapshot makes it right again.
    """

    def __init__(self, event_id: int, market_id: int) -> None:
        """Be empty until the first snapshot."""
        self.event_id = event_id
        self.market_id = market_id
        self.update_id = 0
        #: Milliseconds since 1970, by the exchange's clock.
        self.timestamp = 0
        #: Whether there was a snapshot.
        self.known = False
        self._sides: dict[str, _Side] = {}

    @property
    def token_ids(self) -> list[str]:
        """Return the two tokens, once known."""
        return list(self._sides)

    def take(self, frame: PublicFrame) -> bool:
        """Take a snapshot or a change; False when it is older than the book. Raises `Gap`."""
        if frame.depths is not None:
            self._sides = {}
            self._merge(frame.depths)
            self.known = True
        else:
            if self.known and frame.update_id <= self.update_id:
                return False
            if not self.known or frame.prev_update_id != self.update_id:
                raise Gap(self.market_id, self.update_id, frame.prev_update_id)
            self._merge(frame.changes or {})
        self.update_id, self.timestamp = frame.update_id, frame.timestamp
        return True

    def forget(self) -> None:
        """Be empty again, until the next snapshot."""
        self._sides, self.update_id, self.known = {}, 0, False

    def bids(self, token_id: str) -> list[Level]:
        """Return what one may sell to, the best (highest) first."""
        return sorted(self._side(token_id).bids.values(), key=attrgetter("price"), reverse=True)

    def asks(self, token_id: str) -> list[Level]:
        """Return what one may buy from, the best (lowest) first."""
        return sorted(self._side(token_id).asks.values(), key=attrgetter("price"))

    def best_bid(self, token_id: str) -> Level | None:
        """Return the highest bid, None when there is none."""
        return max(self._side(token_id).bids.values(), key=attrgetter("price"), default=None)

    def best_ask(self, token_id: str) -> Level | None:
        """Return the lowest ask, None when there is none."""
        return min(self._side(token_id).asks.values(), key=attrgetter("price"), default=None)

    def latest_trade_price(self, token_id: str) -> Decimal | None:
        """Return the price of the last trade, None when there was none."""
        return self._side(token_id).latest_trade_price

    def _side(self, token_id: str) -> _Side:
        return self._sides.get(token_id) or _Side()

    def _merge(self, sides: Mapping[str, SideFrame]) -> None:
        for token_id, frame in sides.items():
            self._sides.setdefault(token_id, _Side()).take(frame)


def _take(levels: dict[Decimal, Level], changed: Iterable[LevelFrame]) -> None:
    for frame in changed:
        if frame.total_quantity:
            levels[frame.price] = Level(frame.price, frame.total_quantity, frame.total_size)
        else:
            levels.pop(frame.price, None)
