"""Crashes, wipes and losses at any moment around the engine, the store, depth and the books."""

from random import Random

import pytest
from tests.model.kernel.streams import Stream
from tests.support.numbering import Numbering

from outcry.adapters.memory import MemoryBus, MemoryLedgerLog, MemorySnapshots
from outcry.kernel.naive import NaiveEngine
from outcry.messages import streams
from outcry.runtime import follow
from outcry.runtime.books import LiveBooks
from outcry.runtime.publish import Unreachable
from outcry.services.depth.config import DepthConfig
from outcry.services.depth.service import Depth
from outcry.services.match_engine.config import MatchEngineConfig
from outcry.services.match_engine.service import MatchEngine
from outcry.services.store.config import StoreConfig
from outcry.services.store.service import Store


#: What may happen next, with its weight.
ACTIONS = {
    "number": 20,
    "number_unpublished": 3,
    "match": 20,
    "apply": 12,
    "show": 12,
    "look": 12,
    "fetch": 6,
    "save": 3,
    "crash_engine": 3,
    "crash_depth": 3,
    "crash_books": 2,
    "wipe": 2,
    "throw_back": 4,
    "trim": 2,
    "heal": 5,
}
MATCHING = MatchEngineConfig(applied_interval_ms=0, wait_ms=0)
SHOWING = DepthConfig(
    interval_ms=0,
    wait_ms=0,
    ring_bytes_max=2_000,
    snapshot_interval_s=0,
    snapshot_commands_min=1,
)


class Subscriber:
    """Keeps books of its own from a subscription, as a public feed does."""

    def __init__(self, books: LiveBooks) -> None:
        self.books = books
        self.subscription = books.subscribe()
        self.levels: dict[int, dict[tuple[bool, int], int]] = {}
        self.update_ids: dict[int, int] = {}
        self.fills: set[tuple[int, int]] = set()
        for market_id in books.market_ids():
            self._take_whole(market_id)

    def fetch(self) -> None:
        """Join what changed; update ids must follow one another and no fill may come twice."""
        for change in self.subscription.take():
            assert change.prev_update_id == self.update_ids.get(change.market_id, 0)
            assert change.update_id > change.prev_update_id
            for trade in change.trades:
                assert (trade.trade_id, trade.fill) not in self.fills
                self.fills.add((trade.trade_id, trade.fill))
            if change.whole:
                self._take_whole(change.market_id)
            else:
                book = self.levels[change.market_id]
                book.update(change.levels)
                self.levels[change.market_id] = {key: lots for key, lots in book.items() if lots}
                self.update_ids[change.market_id] = change.update_id

    def _take_whole(self, market_id: int) -> None:
        image = self.books.book(market_id)
        assert image is not None
        self.update_ids[market_id] = image.update_id
        self.levels[market_id] = {(True, price): lots for price, lots in image.bids}
        self.levels[market_id] |= {(False, price): lots for price, lots in image.asks}

    def check(self) -> None:
        """What was joined must be what there is."""
        self.fetch()
        for market_id in self.books.market_ids():
            joined = self.levels[market_id]
            self._take_whole(market_id)
            assert joined == self.levels[market_id]


class World:
    """One shard in memory; every action is one step of one part."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.stream = Stream(seed, spoil_every=6)
        self.bus = MemoryBus()
        self.log = MemoryLedgerLog()
        self.snapshots = MemorySnapshots()
        self.ledger = Numbering(self.bus, self.log)

    async def start(self) -> None:
        """Start every part for the first time."""
        await self.ledger.open()
        self.store = Store(
            StoreConfig(snapshot_commands_max=40),
            log=self.log,
            snapshots=self.snapshots,
            kernel_class=NaiveEngine,
        )
        await self.store.start()
        await self.crash_engine()
        await self.crash_depth()
        await self.crash_books()

    async def number(self) -> None:
        """Number some commands and publish them."""
        await self.ledger.number(self.stream.take(self.random.randrange(1, 12)))

    async def number_unpublished(self) -> None:
        """Number some commands and die before they are published."""
        await self.ledger.number(self.stream.take(self.random.randrange(1, 12)), publish=False)

    async def match(self) -> None:
        """Let the engine take one step."""
        await self.engine.step()

    async def apply(self) -> None:
        """Let the ledger apply a few entries of facts."""
        await self.ledger.apply(self.random.randrange(1, 4))

    async def show(self) -> None:
        """Let depth take one step, as its `run` does."""
        try:
            await self.depth.step()
        except Unreachable:
            await self.depth.recover()

    async def look(self) -> None:
        """Let the reader's books take one step."""
        await self.books.step(0)

    async def save(self) -> None:
        """Audit what is applied and save a kernel."""
        await self.store.catch_up()
        await self.store.save()

    async def crash_engine(self) -> None:
        """Lose the engine at once and start another."""
        self.engine = MatchEngine(
            MATCHING,
            bus=self.bus,
            log=self.log,
            snapshots=self.snapshots,
            kernel_class=NaiveEngine,
        )
        await self.engine.start()

    async def crash_depth(self) -> None:
        """Lose depth at once and start another."""
        self.depth = Depth(SHOWING, bus=self.bus, log=self.log, snapshots=self.snapshots)
        await self.depth.start()

    async def crash_books(self) -> None:
        """Lose the reader's books and start again, with a subscriber that comes at once."""
        self.books = LiveBooks(self.bus, self.log, self.snapshots, wait_ms=0)
        await self.books.start()
        self.subscriber = Subscriber(self.books)

    async def fetch(self) -> None:
        """Let the subscriber fetch what changed."""
        self.subscriber.fetch()

    async def wipe(self) -> None:
        """Lose every stream and the generation."""
        await self.bus.wipe()

    async def throw_back(self) -> None:
        """Lose the newest entries of one stream."""
        name = self.random.choice((streams.commands(0), streams.facts(0), streams.depth(0)))
        tail = await self.bus.tail(name)
        if tail:
            self.bus.throw_back(name, self.random.randrange(max(0, tail - 30), tail + 1))

    async def trim(self) -> None:
        """Forget old entries; of facts, only what is applied, as the engine itself does."""
        await self.bus.trim(streams.commands(0), self.ledger.numbered)
        await self.bus.trim(streams.facts(0), self.ledger.applied + 1)

    async def heal(self) -> None:
        """Let the ledger see to the streams, as it does each second."""
        await self.ledger.keep_generation()
        await self.ledger.publish()

    async def settle(self) -> None:
        """Let everything happen that is still to happen."""
        for _ in range(200):
            # Each second something is numbered: that is what shows a hole in an idle stream.
            await self.ledger.number(self.stream.take(1))
            await self.heal()
            for _ in range(3):
                await self.match()
                await self.apply()
                await self.show()
                await self.look()
            if self.is_settled():
                return
        pytest.fail(f"not settled: {self.where()}")

    def is_settled(self) -> bool:
        """Return whether every part stands at the last command."""
        return len(set(self.where().values())) == 1

    def where(self) -> dict[str, int]:
        """Return where every part stands."""
        return {
            "numbered": self.ledger.numbered,
            "applied": self.ledger.applied,
            "engine": self.engine.kernel.seq,
            "depth": self.depth.levels.seq,
            "books": self.books.position(0),
        }

    def check(self) -> None:
        """Every part must hold what the oracle holds."""
        self.subscriber.check()
        oracle = self.ledger.oracle
        assert self.engine.kernel.snapshot() == oracle.snapshot()
        for market_id in self.books.market_ids():
            image = self.books.book(market_id)
            assert image is not None
            for side, levels in enumerate((image.bids, image.asks)):
                kernel_levels = oracle.levels(market_id, side, 10_000)
                assert levels == [(price, lots) for price, lots, _ in kernel_levels]
                shown = self.depth.levels.books[market_id].side(bid=side == 0)
                assert shown == dict(levels)


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing here needs real time to pass."""
    monkeypatch.setattr(follow, "PAUSE_MIN_S", 0.0005)
    monkeypatch.setattr(follow, "PAUSE_MAX_S", 0.001)


@pytest.mark.parametrize("seed", range(25))
async def test_nothing_is_lost_whatever_happens(seed: int) -> None:
    """After any order of crashes, wipes and losses all facts are the oracle's, and all books."""
    world = World(seed)
    await world.start()
    names, weights = list(ACTIONS), list(ACTIONS.values())
    for action in world.random.choices(names, weights, k=300):
        await getattr(world, action)()
    await world.settle()
    world.check()
    assert await world.ledger.committed_facts() == bytes(world.ledger.facts)
