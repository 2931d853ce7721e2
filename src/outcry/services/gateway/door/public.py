"""The public feed at the exchange: the messages of an engine, from public books."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Final, Protocol

from outcry.messages.book_updates import PublicTrade
from outcry.ports.books import Books
from outcry.runtime.book_changes import Subscription
from outcry.runtime.directory import Directory
from outcry.runtime.logging import get_logger
from outcry.services.gateway.door.listing import instrument_record
from outcry.services.gateway.door.session import DoorSession
from outcry.services.gateway.feed import Levels, PublicFeed, Published
from outcry.services.gateway.line import now_us
from outcry.services.gateway.subscribing import Subscribing
from outcry_wire.records import InstrumentState
from outcry_wire.tcp import TRADE, Message, frame


#: Levels of each side that are shown, and the time between two looks at the books.
DEPTH_MAX: Final = 20
LOOK_SECONDS: Final = 0.01
#: The pause after a fault, and before a market that the tables do not show yet is looked for again.
FAULT_SECONDS: Final = 1.0


class BookSource(Books, Protocol):
    """What the feed asks of `outcry.runtime.books.LiveBooks`."""

    def subscribe(self) -> Subscription:
        """Return a subscription to every change from now on."""
        ...

    def state(self, market_id: int) -> int | None:
        """Return what the book accepts, None when nothing is known of it."""
        ...


class PublicBooks:
    """The books of the exchange, as the feed looks at them; followed while somebody subscribes."""

    def __init__(self, books: BookSource, wants_trades: Callable[[int], bool]) -> None:
        """Read *books*; fills are of use where *wants_trades* is true of the market."""
        self._books = books
        self._wants_trades = wants_trades
        self._subscription: Subscription | None = None
        self.is_wanted = asyncio.Event()
        self._states: dict[int, int] = {}
        #: Markets that were looked at, and have another state since that is not told yet.
        self.moved: dict[int, int] = {}

    def knows(self, market_id: int) -> bool:
        """Return whether a market has a book."""
        return self._books.state(market_id) is not None

    def watch(self, *, trades: bool, books: bool) -> None:
        """Follow the books from now on, or no more."""
        if trades or books:
            self._subscription = self._subscription or self._books.subscribe()
            self.is_wanted.set()
        else:
            self.is_wanted.clear()
            self._states.clear()
            self.moved.clear()
            if self._subscription is not None:
                self._subscription.close()
                self._subscription = None

    def changes(self) -> tuple[bytes, Iterable[int]]:
        """Return, once, public records of fills, and the markets whose books may differ."""
        taken = self._subscription.take() if self._subscription is not None else []
        for change in taken:
            if self._states.get(change.market_id, change.state) != change.state:
                self._states[change.market_id] = self.moved[change.market_id] = change.state
        wanted = [change for change in taken if self._wants_trades(change.market_id)]
        trades = [_trade(change.market_id, trade) for change in wanted for trade in change.trades]
        return b"".join(trades), [change.market_id for change in taken]

    def look(self, instrument: int, depth: int, last: int) -> Published:
        """Return a book. How many orders stand at a price is not public: 0."""
        state = self._books.state(instrument)
        if state is not None:
            self._states[instrument] = state
        image = self._books.book(instrument)
        if image is None:
            return Published(last)
        sides = image.bids[:depth], image.asks[:depth]
        levels: Levels = {
            (side, price): (lots, 0) for side in (0, 1) for price, lots in sides[side]
        }
        bid, ask = (side[0] if side else (0, 0) for side in sides)
        return Published(image.update_id, levels, (*bid, *ask))


def _trade(market_id: int, trade: PublicTrade) -> bytes:
    head = (Message.TRADE, 0, TRADE.size, market_id, 0, trade.at_us, 0)
    side = (trade.taker_outcome ^ trade.taker_side) & 1
    return TRADE.pack(*head, trade.trade_id, trade.price, trade.qty, trade.fill, trade.match, side)


class Public:
    """Subscriptions of sessions to public books."""

    def __init__(self, books: BookSource, directory: Directory, subscriptions_max: int) -> None:
        self._directory = directory
        self._feed: PublicFeed[DoorSession] = PublicFeed(DEPTH_MAX, DoorSession.write)
        self._books = PublicBooks(books, self._feed.wants_trades)
        self._feed.attach(self._books)
        self._asking = Subscribing(self._feed, self._knows, subscriptions_max, DoorSession.write)

    def hear(self, session: DoorSession, record: bytes) -> None:
        """Carry out SUBSCRIBE or UNSUBSCRIBE."""
        asking = self._asking
        way = asking.subscribe if record[0] == Message.SUBSCRIBE else asking.unsubscribe
        way(session, record)

    def _knows(self, market_id: int) -> bool:
        """Return whether there is such a market: tables or books may be the first to know."""
        return self._books.knows(market_id) or self._directory.market(market_id) is not None

    def leave(self, session: DoorSession) -> None:
        """Forget a session."""
        self._feed.leave(session, session.instruments)

    async def run(self) -> None:
        """Publish what changes while somebody subscribes, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._repeat(self._publish))
            tasks.create_task(self._repeat(self._tell_states))

    async def _repeat(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do *work* again and again while it is wanted; a fault must not end the whole door."""
        while True:
            await self._books.is_wanted.wait()
            try:
                await work()
                await asyncio.sleep(LOOK_SECONDS)
            except Exception:  # noqa: BLE001 - logged; orders go on, and so does the feed
                get_logger().exception("public_feed_failed")
                await asyncio.sleep(FAULT_SECONDS)

    async def _publish(self) -> None:
        self._feed.publish(now_us())

    async def _tell_states(self) -> None:
        """Tell who follows a market that it is halted, closed or open again."""
        moved = self._books.moved
        for market_id in [*moved]:
            market = await self._directory.find_market(market_id)
            # Once it is told, or nobody follows any more, it is settled; else the tables are late.
            state = moved.pop(market_id, None) if market else None
            if market is not None and state is not None:
                data = frame(instrument_record(market, InstrumentState(state)))
                for session in self._feed.readers(market_id):
                    session.write(data)
        if moved:
            await asyncio.sleep(FAULT_SECONDS)
