"""Books: public price levels and last trades, in memory, as the depth stream tells them.

Laws, for every implementation:

* What `book` returns is of one moment: bids, asks, last price and ``update_id`` belong together,
  and nothing changes in it afterwards.
* ``update_id`` never falls for a market; equal ids mean equal levels.
* Prices are outcome-0 ticks, quantities lots. Bids fall, asks rise, no level is empty, and the best
  bid is below the best ask.
* Reading never waits and never fails; who reads before `ready` may see an older book. Who must not
  see an older one waits first, with `include`.
"""

from typing import NamedTuple, Protocol


class BookImage(NamedTuple):
    """One market's public book at one moment."""

    market_id: int
    #: Seq that last changed the public book, 0 when nothing ever did.
    update_id: int
    at_us: int
    #: ``(price, lots)``, best first.
    bids: list[tuple[int, int]]
    asks: list[tuple[int, int]]
    #: Price of the last fill that was seen, 0 when none was.
    last_price: int


class TopOfBook(NamedTuple):
    """The best prices of one market; 0 where there is none."""

    bid: int
    ask: int
    last_price: int


class Books(Protocol):
    """The books of all markets of one exchange."""

    @property
    def ready(self) -> bool:
        """Whether every shard's stream has been followed up to where it stood."""
        ...

    def book(self, market_id: int) -> BookImage | None:
        """Return the market's book, None when nothing is known of it (an empty book)."""
        ...

    def top(self, market_id: int) -> TopOfBook:
        """Return the market's best prices, all 0 when nothing is known of it."""
        ...

    async def include(self, shard: int, seq: int, timeout_ms: int) -> bool:
        """Wait until the books of *shard* have command *seq*; False when they do not in time."""
        ...
