"""The public feed against the book: whatever a client reads or misses, it ends with the same book.

Books change at random, clients come, go, stall and come back at random. A client applies what it is
sent as `docs/reference/websocket.md` says, and asserts the law of the numbers on every message.
"""

import asyncio
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.rows import market_row
from tests.support.wires import FakeWire

from outcry.adapters.memory import (
    MemoryBus,
    MemoryLedgerLog,
    MemoryProjection,
    MemoryQueries,
    MemorySnapshots,
)
from outcry.domain.units import TICKS_PER_UNIT, parse_decimal
from outcry.messages import streams
from outcry.messages.book_updates import BookUpdate, DepthEntry, Level, PublicTrade, pack_depth
from outcry.runtime.books import LiveBooks
from outcry.runtime.directory import Directory
from outcry.services.websocket_depth.config import DepthFeedConfig
from outcry.services.websocket_depth.service import WebsocketDepth
from outcry.services.websocket_depth.ws import DepthSession


MARKET = 7
EVENT = 3
TRADES_KEPT = 4
FULL = 1 << 30

Book = dict[str, dict[int, int]]


class Client:
    """A client that believes the feed, and checks it."""

    def __init__(self, feed: WebsocketDepth) -> None:
        self.feed = feed
        self.wire = FakeWire()
        self.session: DepthSession | None = None
        self.update_id = 0
        self.books: dict[str, Book] = {}
        #: Trades told or counted as dropped since the last snapshot, which was at this update.
        self.trades = 0
        self.since = 0

    def connect(self, *, resume: bool) -> None:
        """Connect and subscribe, from where this client's book stands or from the beginning."""
        self.disconnect()
        self.wire = FakeWire()
        self.session = self.feed.session(self.wire, 0.0)
        self.session.opened()
        update_id = self.update_id if resume else 0
        if not resume:
            self.books = {}
        request = f'{{"action":"subscribe","event_id":3,"market_id":7,"update_id":{update_id}}}'
        self.session.received(request.encode())

    def disconnect(self) -> None:
        """Go away, with everything that was not read yet."""
        if self.session is not None:
            self.session.closing = True
            self.session.ended()
            self.session = None

    def read(self) -> None:
        """Apply what came."""
        for frame in self.wire.take():
            if "depths" in frame:
                self.books = {}
                self.apply(frame["depths"])
                self.trades, self.since = 0, frame["update_id"]
                self.update_id = frame["update_id"]
            elif "changes" in frame:
                assert frame["prev_update_id"] == self.update_id
                assert frame["update_id"] >= self.update_id
                self.apply(frame["changes"])
                self.trades += len(frame.get("trades", ())) + frame.get("trades_dropped", 0)
                self.update_id = frame["update_id"]

    def apply(self, sides: dict[str, Any]) -> None:
        """Set each level that was told; "0" removes it."""
        for token, side in sides.items():
            book = self.books.setdefault(token, {"bids": {}, "asks": {}})
            assert side["bids"] == sorted(side["bids"], key=lambda lv: lv["price"], reverse=True)
            assert side["asks"] == sorted(side["asks"], key=lambda lv: lv["price"])
            for name in ("bids", "asks"):
                for level in side[name]:
                    price = parse_decimal(level["price"], 4)
                    qty = parse_decimal(level["total_quantity"], 2)
                    size = parse_decimal(level["total_size"], 6)
                    assert price is not None
                    assert qty is not None
                    assert size == price * qty
                    book[name][price] = qty
                    if not qty:
                        assert level["total_quantity"] == "0"
                        del book[name][price]


class World:
    """Books that change, the feed, and its clients."""

    def __init__(self, clients: int) -> None:
        self.bus = MemoryBus()
        self.books = LiveBooks(self.bus, MemoryLedgerLog(), MemorySnapshots(), wait_ms=0)
        projection = MemoryProjection()
        projection.tables.markets[MARKET] = market_row(MARKET, EVENT)
        directory = Directory(MemoryQueries(projection.tables))
        config = DepthFeedConfig(trades_kept_max=TRADES_KEPT)
        self.feed = WebsocketDepth(config, books=self.books, directory=directory)
        self.clients = [Client(self.feed) for _ in range(clients)]
        self.seq = 0
        self.bids: dict[int, int] = {}
        self.asks: dict[int, int] = {}
        self.traded: list[int] = []

    async def change(
        self, levels: list[tuple[bool, int, int]], *, trades: int, whole: bool
    ) -> None:
        """Change the book by one entry of the depth stream."""
        before, self.seq = self.seq, self.seq + 2
        told = []
        for bid, price, qty in levels:
            side = self.bids if bid else self.asks
            if qty:
                side[price] = qty
            else:
                side.pop(price, None)
            told.append(Level(bid, price, qty))
        if whole:
            told = [Level(True, *level) for level in self.bids.items()]
            told += [Level(False, *level) for level in self.asks.items()]
            before, trades = 0, 0
        fills = [
            PublicTrade(self.seq, fill, 50, 5, 0, fill % 2, 0, self.seq) for fill in range(trades)
        ]
        self.traded += [self.seq] * trades
        update = BookUpdate(MARKET, before, self.seq, self.seq * 1_000, 0, told, fills)
        body = pack_depth(DepthEntry([update]))
        await self.bus.append(streams.depth(0), self.seq - 1, self.seq, body)
        await self.books.step(0)
        assert self.books.position(0) == self.seq

    def expected(self) -> dict[str, Book]:
        """Return both tokens' books as a client must have them."""
        return {
            "y7": {"bids": self.bids, "asks": self.asks},
            "n7": {
                "bids": {TICKS_PER_UNIT - price: qty for price, qty in self.asks.items()},
                "asks": {TICKS_PER_UNIT - price: qty for price, qty in self.bids.items()},
            },
        }


levels = st.tuples(st.booleans(), st.integers(1, 6), st.integers(0, 3)).map(
    # Bids below 4,000 and asks above, as in every book.
    lambda level: (level[0], level[1] * 500 + (0 if level[0] else 3_500), level[2])
)
#: As many changes and publications as acts of clients, or most stalls would have no consequence.
KINDS = (
    *["change"] * 6, *["publish"] * 4, "whole",
    "connect", "resume", "stall", "stall", "flow", "read", "leave",
)  # fmt: skip
Step = tuple[str, list[tuple[bool, int, int]], int, int]
#: What happens, to which levels, with how many trades, to which client.
steps = st.tuples(
    st.sampled_from(KINDS), st.lists(levels, max_size=4), st.integers(0, 3), st.integers(0, 2)
)


async def play(world: World, script: list[Step]) -> None:
    """Carry out *script*, then let everybody read to the end."""
    await world.books.start()
    await world.feed.start()
    act(world.clients[0], "connect")
    for step, changed, trades, who in script:
        if step in ("change", "whole"):
            await world.change(changed, trades=trades, whole=step == "whole")
        elif step == "publish":
            await world.feed.publish()
        else:
            act(world.clients[who], step)
    for client in world.clients:
        client.wire.backlog_bytes = 0
        if client.session is None:
            client.connect(resume=True)
    await world.feed.publish()
    await world.feed.publish()
    for client in world.clients:
        client.read()


def act(client: Client, step: str) -> None:
    """Let one client do something."""
    if step in ("connect", "resume"):
        client.read()
        client.connect(resume=step == "resume")
    elif step == "read":
        client.read()
    elif step == "leave":
        client.read()
        client.disconnect()
    else:
        client.wire.backlog_bytes = FULL if step == "stall" else 0


@settings(deadline=None, max_examples=100)
@given(st.lists(steps, min_size=20, max_size=60))
def test_every_client_ends_with_the_book(script: list[Step]) -> None:
    """Snapshot plus changes equal the book, with an unbroken chain of updates, for everybody."""
    world = World(clients=3)
    asyncio.run(play(world, script))
    for client in world.clients:
        assert client.books == world.expected()
        assert client.update_id == world.seq
        missed = [seq for seq in world.traded if seq > client.since]
        assert client.trades == len(missed)
