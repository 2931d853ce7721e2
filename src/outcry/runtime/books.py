"""Books: the public books of all shards, followed from the depth streams, for doors.

`LiveBooks` starts from snapshots and committed facts and then takes what `depth` publishes. One
instance serves every door of a process. Doors read it without waiting (`outcry.ports.books`); a
feed subscribes and is told, per market, what changed since it last asked.

It never goes back and leaves out nothing: when the stream does not continue, or says nothing, what
the log has meanwhile is folded in; otherwise the books stay as they are until the stream goes on.
"""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Final

import structlog
from msgspec import MsgspecError, structs

from outcry.domain.errors import CorruptError
from outcry.domain.ids import SEQ_BITS
from outcry.domain.levels import LevelBook, LevelBooks
from outcry.messages import streams
from outcry.messages.book_updates import BookUpdate, unpack_depth, update_of
from outcry.ports.books import BookImage, Books, TopOfBook
from outcry.ports.bus import Bus, StreamEntry
from outcry.ports.ledger_log import LedgerLog, LogUnavailable
from outcry.ports.snapshots import Snapshots
from outcry.runtime.book_changes import Subscription
from outcry.runtime.follow import Backoff, Follower, FollowLimits, Resync
from outcry.runtime.level_recovery import fold_committed, restore_levels


SUBSCRIPTIONS_MAX: Final = 64

_SEQ_MASK: Final = (1 << SEQ_BITS) - 1

_log = structlog.get_logger("outcry.books")


class _Shard:
    """How far one shard's stream is followed."""

    def __init__(self, number: int, bus: Bus, wait_ms: int) -> None:
        self.number = number
        limits = FollowLimits(wait_ms=wait_ms)
        self.follower = Follower(bus, streams.depth(number), position=0, limits=limits)
        #: The books of the shard; its seq is how far they are.
        self.levels = LevelBooks()
        self.backoff = Backoff()
        self.ready = False


class LiveBooks(Books):
    """The books of all markets of one exchange; see the module."""

    def __init__(
        self,
        bus: Bus,
        log: LedgerLog,
        snapshots: Snapshots,
        *,
        shards: Iterable[int] = (0,),
        wait_ms: int = 1_000,
    ) -> None:
        """Follow *shards*; one read of a stream waits up to *wait_ms*."""
        self._log = log
        self._snapshots = snapshots
        self._shards = {number: _Shard(number, bus, wait_ms) for number in shards}
        self._books: dict[int, LevelBook] = {}
        self._images: dict[int, BookImage] = {}
        self._subscriptions: list[Subscription] = []
        #: Set, and forgotten, when some shard's books come further.
        self._waiting: list[asyncio.Event] = []
        self._timeline = 0

    @property
    def name(self) -> str:
        """The name in logs and metrics."""
        return "books"

    # --- reading ------------------------------------------------------------------------------

    @property
    def ready(self) -> bool:
        """Whether every shard's stream has been followed up to where it stood."""
        return all(shard.ready for shard in self._shards.values())

    def book(self, market_id: int) -> BookImage | None:
        """Return the market's book; see `outcry.ports.books.Books`."""
        image = self._images.get(market_id)
        if image is None:
            book = self._books.get(market_id)
            if book is None:
                return None
            image = self._images[market_id] = BookImage(
                market_id,
                book.update_id,
                book.at_us,
                sorted(book.bids.items(), reverse=True),
                sorted(book.asks.items()),
                book.last_price,
            )
        return image

    def top(self, market_id: int) -> TopOfBook:
        """Return the market's best prices; see `outcry.ports.books.Books`."""
        book = self._books.get(market_id)
        if book is None:
            return TopOfBook(0, 0, 0)
        return TopOfBook(max(book.bids, default=0), min(book.asks, default=0), book.last_price)

    def state(self, market_id: int) -> int | None:
        """Return what the book accepts (`InstrumentState`), None when nothing is known of it."""
        book = self._books.get(market_id)
        return None if book is None else book.state

    def market_ids(self) -> list[int]:
        """Return every market that has a book."""
        return list(self._books)

    async def include(self, shard: int, seq: int, timeout_ms: int) -> bool:
        """Wait until the books of *shard* have command *seq*; False when they do not in time."""
        deadline = asyncio.get_running_loop().time() + timeout_ms / 1_000
        while self.position(shard) < seq:
            moved = asyncio.Event()
            self._waiting.append(moved)
            try:
                async with asyncio.timeout_at(deadline):
                    await moved.wait()
            except TimeoutError:
                return False
            finally:
                if moved in self._waiting:
                    self._waiting.remove(moved)
        return True

    def subscribe(self) -> Subscription:
        """Return a subscription to every change from now on; close it when it is not needed."""
        if len(self._subscriptions) >= SUBSCRIPTIONS_MAX:
            raise RuntimeError(f"there are {SUBSCRIPTIONS_MAX} subscriptions to books already")
        subscription = Subscription(self._subscriptions.remove)
        self._subscriptions.append(subscription)
        return subscription

    def status(self) -> Mapping[str, int]:
        """Return figures for metrics and readiness."""
        figures = {
            "ready": int(self.ready),
            "markets": len(self._books),
            "subscriptions": len(self._subscriptions),
        }
        for shard in self._shards.values():
            for name, value in shard.follower.status().items():
                figures[f"shard_{shard.number}_{name}"] = value
        return figures

    # --- keeping up ---------------------------------------------------------------------------

    async def start(self) -> None:
        """Take snapshots and committed facts of every shard."""
        self._timeline = await self._log.timeline()
        for shard in self._shards.values():
            await self._recover(shard)

    async def run(self) -> None:
        """Follow the depth streams until cancelled."""
        async with asyncio.TaskGroup() as group:
            for shard in self._shards.values():
                group.create_task(self._follow(shard))

    async def stop(self) -> None:
        """Do nothing: the books hold no connection of their own."""

    def position(self, shard: int) -> int:
        """Return the seq up to which *shard* is followed."""
        return self._shards[shard].levels.seq

    async def step(self, number: int) -> None:
        """Do one turn of `run` for shard *number*."""
        shard = self._shards[number]
        try:
            entries = await shard.follower.read()
        except Resync:
            entries = []
        for entry in entries:
            self._take(shard, entry)
            await asyncio.sleep(0)
        if not entries:
            await self._fold_log(shard)
        shard.ready = shard.ready or shard.follower.synced

    async def _follow(self, shard: _Shard) -> None:
        while True:
            await self.step(shard.number)

    async def _recover(self, shard: _Shard) -> None:
        """Begin with a snapshot and the log."""
        applied = await self._log.applied(shard.number)
        levels = await restore_levels(self._snapshots, shard.number, self._timeline, applied)
        shard.levels = levels or LevelBooks()
        await fold_committed(shard.levels, self._log, shard.number, applied)
        shard.levels.take_changes()
        self._books.update(shard.levels.books)
        shard.follower.seek(shard.levels.seq)
        _log.info("books_recovered", shard=shard.number, seq=applied, markets=len(self._books))

    async def _fold_log(self, shard: _Shard) -> None:
        """Fold in what the log has above the books, and tell it like changes from the stream."""
        levels = shard.levels
        try:
            applied = await self._log.applied(shard.number)
            await fold_committed(levels, self._log, shard.number, applied)
            shard.backoff.reset()
        except LogUnavailable as error:
            _log.warning("books_wait_for_log", shard=shard.number, reason=str(error))
            await shard.backoff.pause()
        self._books.update(levels.books)
        for change in levels.take_changes():
            book = levels.books[change.market_id]
            self._tell(book, change.prev_update_id, update_of(shard.number, change))
        if levels.seq > shard.follower.position:
            shard.follower.seek(levels.seq)
            self._moved()

    def _moved(self) -> None:
        waiting, self._waiting = self._waiting, []
        for one in waiting:
            one.set()

    def _take(self, shard: _Shard, entry: StreamEntry) -> None:
        """Take one entry of a depth stream; raises `CorruptError` when it is none."""
        try:
            updates = unpack_depth(entry.body).updates
        except MsgspecError as error:
            raise CorruptError(f"depth {entry.first}..{entry.last} does not decode") from error
        books = shard.levels.books
        for update in updates:
            book = books.get(update.market_id)
            if book is None:
                book = books[update.market_id] = LevelBook(update.market_id)
                self._books[update.market_id] = book
            if update.update_id > book.update_id:
                self._apply(book, update)
        shard.levels.seq = entry.last
        self._moved()

    def _apply(self, book: LevelBook, update: BookUpdate) -> None:
        known = book.update_id
        if not update.prev_update_id:
            book.bids, book.asks = {}, {}
        for level in update.levels:
            book.set_level(bid=level.bid, price=level.price, lots=level.qty)
        book.update_id, book.at_us, book.state = update.update_id, update.at_us, update.state
        if update.trades:
            book.last_price = update.trades[-1].price
        if any(trade.trade_id & _SEQ_MASK <= known for trade in update.trades):
            update = _without_known(update, known)
        self._tell(book, known, update)

    def _tell(self, book: LevelBook, prev_update_id: int, update: BookUpdate) -> None:
        self._images.pop(book.market_id, None)
        for subscription in self._subscriptions:
            subscription.note(book, prev_update_id, update)


def _without_known(update: BookUpdate, known: int) -> BookUpdate:
    """Return *update* without the fills that a book at seq *known* has already."""
    trades = [trade for trade in update.trades if trade.trade_id & _SEQ_MASK > known]
    return structs.replace(update, trades=trades)
