"""``/ws/market``: books and prices to clients of CLOBs, as they change.

* Changes of an interval are joined: one frame says what every level holds now. Fills are told one
  by one, with the whole book after them, which comes at most once a second for a market.
* A connection that is full is passed over, never waited for and never queued for. When it has room
  again it gets whole books; fills of meanwhile are not repeated. One that stays full is closed.
* A token that nobody knows is remembered, and told of as soon as it is listed.

It reads books and tables and writes nothing.
"""

import asyncio
from collections.abc import Coroutine, Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any, Final

from structlog import get_logger

from outcry.messages.settlement_status import SettlementStatus
from outcry.ports.books import BookImage
from outcry.ports.projection import MarketRow
from outcry.runtime.book_changes import MarketChange, Subscription
from outcry.runtime.clob.fees import FeeSchedules
from outcry.runtime.directory import Directory
from outcry.runtime.ws_session import CloseCode, Wire, encode
from outcry.services.websocket_depth.clob.frames import OUTCOMES, book_frame
from outcry.services.websocket_depth.clob.messages import Announced, Followed, Messages
from outcry.services.websocket_depth.clob.session import MarketSession
from outcry.services.websocket_depth.config import DepthFeedConfig
from outcry.services.websocket_depth.service import PAUSE_SECONDS_MIN, BookSource


#: How long nothing has to change before somebody is looked for who had no room.
IDLE_SECONDS: Final = 1.0

_log: Final = get_logger("outcry.websocket_depth")


class ClobMarkets:
    """The service behind ``/ws/market``."""

    name = "websocket_clob_market"

    def __init__(
        self,
        config: DepthFeedConfig,
        *,
        books: BookSource,
        directory: Directory,
        fees: FeeSchedules,
        announced: Announced,
    ) -> None:
        self._config = config
        self._announced = announced
        self._books = books
        self._directory = directory
        self._fees = fees
        self._subscription: Subscription | None = None
        self._markets: dict[int, Followed] = {}
        self._sessions: set[MarketSession] = set()
        #: Those to whom something could not be sent.
        self._behind: set[MarketSession] = set()
        self._work: set[asyncio.Task[None]] = set()
        self._counts = {"frames_sent_total": 0, "resyncs_total": 0}

    # ------------------------------------------------------------------ the service

    async def start(self) -> None:
        """Subscribe to the books, which the process has started before."""
        await self._directory.refresh()
        self._subscription = self._books.subscribe()

    async def run(self) -> None:
        """Send changes until cancelled."""
        assert self._subscription is not None
        loop = asyncio.get_running_loop()
        while True:
            if not self._behind and not any(one.due for one in self._markets.values()):
                with suppress(TimeoutError):
                    async with asyncio.timeout(IDLE_SECONDS):
                        await self._subscription.wait()
            due = loop.time() + self._config.interval_seconds
            await self.publish(loop.time())
            await asyncio.sleep(max(due - loop.time(), PAUSE_SECONDS_MIN))

    async def stop(self) -> None:
        """Want no more changes; the listener closes the connections."""
        if self._subscription is not None:
            self._subscription.close()
            self._subscription = None
        for task in self._work:
            task.cancel()
        await asyncio.gather(*self._work, return_exceptions=True)

    def status(self) -> Mapping[str, int]:
        """Return readiness, connections and counters."""
        return {
            "ready": int(self._subscription is not None and self._books.ready),
            "sessions": len(self._sessions),
            "sessions_behind": len(self._behind),
            "markets": len(self._markets),
            **self._counts,
        }

    def session(self, wire: Wire, now: float) -> MarketSession:
        """Return a session for a new connection: the factory for the listener's path."""
        session = MarketSession(wire, now, self, self._config)
        self._sessions.add(session)
        return session

    # ------------------------------------------------------------------ sending

    async def publish(self, now: float) -> None:
        """Send what changed since the last call, and what others had no room for."""
        assert self._subscription is not None
        self._catch_up()
        changes = self._subscription.take()
        # Books and changes are of one moment: nothing may run in between.
        told = [message for change in changes if (message := self._messages(change, now))]
        told += self._due(now, {change.market_id for change in changes})
        for followed, messages in told:
            for session in list(followed.sessions):
                self._send(session, followed, messages)
            await asyncio.sleep(0)

    def staged(self, statuses: Iterable[SettlementStatus]) -> None:
        """Tell of fills that passed their pre-flight, at the next turn of `run`."""
        for status in statuses:
            if status.market_id in self._markets:
                self._markets[status.market_id].staged(status)
        if self._subscription is not None:
            self._subscription.wake()

    def to_all(self, frame: bytes) -> None:
        """Send a listing to everybody who wants them."""
        for session in self._sessions:
            if session.custom and not session.closing and not session.backlogged:
                session.wire.send(frame)

    def to_followers(self, market_id: int, frame: bytes) -> None:
        """Send a resolution to those who follow the market and want it."""
        followed = self._markets.get(market_id)
        for session in list(followed.sessions) if followed else ():
            if session.custom and not session.closing:
                session.wire.send(frame)

    def _messages(self, change: MarketChange, now: float) -> tuple[Followed, Messages] | None:
        followed = self._markets.get(change.market_id)
        if followed is None:
            return None
        row = self._directory.market(change.market_id) or followed.row
        image, top = self._image(row), self._books.top(row.market_id)
        return followed, followed.take(row, change, image, top, now)

    def _due(self, now: float, told: set[int]) -> Iterator[tuple[Followed, Messages]]:
        """Yield fills that may be told by now, and the books after fills of a moment ago."""
        for market_id, one in self._markets.items():
            late = one.due and market_id not in told and one.later(self._image(one.row), now)
            if late:
                yield one, late

    def _send(self, session: MarketSession, followed: Followed, messages: Messages) -> None:
        market_id = followed.row.market_id
        old = messages.update_id <= session.since.get(market_id, -1)
        if session.closing or old or market_id in session.stale:
            return
        if session.backlogged:
            session.stale.add(market_id)
            self._behind.add(session)
            return
        for message in messages.of(session.follows[market_id], custom=session.custom):
            session.wire.send(message)
            self._counts["frames_sent_total"] += 1

    def _catch_up(self) -> None:
        """Give whole books to those who have room again."""
        behind, self._behind = self._behind, set()
        for session in behind:
            while session.stale and not session.closing:
                if session.backlogged:
                    self._behind.add(session)
                    break
                self._send_books(session, session.stale.pop())
                self._counts["resyncs_total"] += 1

    def _send_books(self, session: MarketSession, market_id: int) -> None:
        """Send the whole books of a market; what led to them is not sent any more."""
        followed, mask = self._markets[market_id], session.follows[market_id]
        image = self._image(followed.row)
        session.since[market_id] = image.update_id
        frames = [
            book_frame(followed.row, outcome, image) for outcome in OUTCOMES if mask >> outcome & 1
        ]
        session.wire.send(encode(frames))

    def _image(self, row: MarketRow) -> BookImage:
        book = self._books.book(row.market_id)
        return book or BookImage(row.market_id, 0, row.created_at_us, [], [], 0)

    # ------------------------------------------------------------------ for sessions

    def subscribe(self, session: MarketSession, tokens: list[str], *, dump: bool) -> None:
        """Let *session* follow tokens, those that nobody knows as soon as they are listed."""
        added: set[int] = set()
        for token in tokens:
            found = self._directory.token(token)
            if found is None:
                session.waiting.add(token)
                continue
            row, outcome = found
            bit = 1 << outcome
            if not session.follows.get(row.market_id, 0) & bit:
                added.add(row.market_id)
                self._follow(session, row, bit)
        for market_id in added:
            if not dump:
                session.since[market_id] = self._image(self._markets[market_id].row).update_id
            elif session.backlogged:
                session.stale.add(market_id)
                self._behind.add(session)
            else:
                self._send_books(session, market_id)
        if not session.waiting.isdisjoint(tokens):
            self._spawn(session, self._look(session))

    def unsubscribe(self, session: MarketSession, tokens: list[str]) -> None:
        """Let *session* follow tokens no more."""
        for token in tokens:
            session.waiting.discard(token)
            found = self._directory.token(token)
            if found is None:
                continue
            row, outcome = found
            left = session.follows.get(row.market_id, 0) & ~(1 << outcome)
            if left:
                session.follows[row.market_id] = left
            else:
                self._unfollow(session, row.market_id)

    def look_again(self, session: MarketSession) -> None:
        """Follow those tokens that were listed since."""
        listed = [token for token in session.waiting if self._directory.token(token)]
        session.waiting.difference_update(listed)
        if listed:
            self.subscribe(session, listed, dump=True)

    def leave(self, session: MarketSession) -> None:
        """Forget the session."""
        self._sessions.discard(session)
        self._behind.discard(session)
        for task in session.work:
            task.cancel()
        for market_id in list(session.follows):
            self._unfollow(session, market_id)

    def _follow(self, session: MarketSession, row: MarketRow, bit: int) -> None:
        followed = self._markets.get(row.market_id)
        if followed is None:
            schedule = self._fees.known(row.fee_version)
            top = self._books.top(row.market_id)
            followed = self._markets[row.market_id] = Followed(
                row, schedule, top, self._config.book_seconds, self._announced
            )
            if schedule is None:
                self._spawn(session, self._learn_fees(followed))
        session.follows[row.market_id] = session.follows.get(row.market_id, 0) | bit
        followed.sessions.add(session)

    def _unfollow(self, session: MarketSession, market_id: int) -> None:
        session.follows.pop(market_id, None)
        session.since.pop(market_id, None)
        session.stale.discard(market_id)
        followed = self._markets.get(market_id)
        if followed is not None:
            followed.sessions.discard(session)
            if not followed.sessions:
                del self._markets[market_id]

    async def _look(self, session: MarketSession) -> None:
        """Look into the tables for a token that nobody knows here."""
        for token in list(session.waiting)[:1]:
            await self._directory.find_token(token)
        if not session.closing:
            self.look_again(session)

    async def _learn_fees(self, followed: Followed) -> None:
        followed.schedule = await self._fees.schedule(followed.row.fee_version)

    def _spawn(self, session: MarketSession, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(self._guard(session, work))
        for work_of in (self._work, session.work):
            work_of.add(task)
            task.add_done_callback(work_of.discard)

    async def _guard(self, session: MarketSession, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception:  # noqa: BLE001 - one connection must not end the feed of the others
            _log.exception("clob_market_session_failed", session=session.id)
            session.close(CloseCode.TRY_AGAIN_LATER, "a part of the exchange is not reachable")
