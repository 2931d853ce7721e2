"""The public feed: what changed in the books, to everybody who follows a market.

* Changes of an interval are joined and sent once; the first after a quiet time goes out at once.
* A follower that is up to date gets the same bytes as all the others. One that is not, because its
  connection was full or because it comes back, gets what leads from where it stands to now. One
  that stands too far back, or nowhere, gets the whole book.
* A connection that is full is passed over, never waited for; nothing is queued for it.

It reads books and tables and writes nothing.
"""

import asyncio
from collections.abc import Coroutine, Iterable, Mapping
from typing import Any, Final, Protocol

from structlog import get_logger

from outcry.domain.rejects import Reject, Rejected
from outcry.ports.books import BookImage, Books
from outcry.ports.projection import MarketRow
from outcry.runtime.book_changes import Subscription
from outcry.runtime.directory import Directory
from outcry.runtime.ws_session import CloseCode, Wire
from outcry.services.websocket_depth.channel import Channel
from outcry.services.websocket_depth.config import DepthFeedConfig
from outcry.services.websocket_depth.followed import Followed, Following
from outcry.services.websocket_depth.tickers import Tickers
from outcry.services.websocket_depth.ws import DepthSession, Request, handle_ticker


#: What is left to others between two rounds, however long a round takes.
PAUSE_SECONDS_MIN: Final = 0.005
#: How often a market that has a book, but is not in the tables yet, is looked for.
MARKET_PAUSE_SECONDS: Final = 0.1

_log = get_logger("outcry.websocket_depth")


class BookSource(Books, Protocol):
    """What the feed asks of `outcry.runtime.books.LiveBooks`."""

    def subscribe(self) -> Subscription:
        """Return a subscription to every change from now on."""
        ...


class WebsocketDepth:
    """The service ``websocket_depth``."""

    name = "websocket_depth"

    def __init__(self, config: DepthFeedConfig, *, books: BookSource, directory: Directory) -> None:
        self._config = config
        self._books = books
        self._directory = directory
        self._subscription: Subscription | None = None
        self._markets: dict[int, Followed] = {}
        #: Followers that were passed over, or wait for the first message of their own.
        self._behind: set[Following] = set()
        #: Markets with changes that were not sent yet.
        self._changed: dict[int, Followed] = {}
        self._work: set[asyncio.Task[None]] = set()
        self._tickers = Tickers(books)
        self._sessions = 0
        self._sent_in_a_row = 0
        self._counts = {"messages_sent_total": 0, "messages_dropped_total": 0, "snapshots_total": 0}

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
            if not self._behind and not self._changed and not self._tickers.waiting:
                await self._subscription.wait()
            due = loop.time() + self._config.interval_seconds
            await self.publish()
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
        """Return readiness, followers and counters."""
        return {
            "ready": int(self._subscription is not None and self._books.ready),
            "sessions": self._sessions,
            "markets": len(self._markets),
            "followers": sum(len(market.followers) for market in self._markets.values()),
            "followers_behind": len(self._behind),
            **self._counts,
        }

    def session(self, wire: Wire, now: float) -> DepthSession:
        """Return a session for a new connection: the factory for the listener's path."""
        self._sessions += 1
        return DepthSession(wire, now, self, self._config)

    # ------------------------------------------------------------------ sending

    async def publish(self) -> None:
        """Send what changed since the last call, and what others could not take before."""
        self._tickers.catch_up()
        self._take_changes()
        behind, self._behind = self._behind, set()
        changed, self._changed = self._changed, {}
        for market in changed.values():
            await self._send_to(market, list(market.followers))
        for following in behind:
            followed = self._markets.get(following.market_id)
            if followed is None or following not in followed.followers:
                continue
            if following.session.backlogged:
                self._behind.add(following)
            else:
                await self._send_to(followed, [following])

    def _take_changes(self) -> None:
        """Bring the channels to where the books are, so that both tell of the same moment."""
        assert self._subscription is not None
        for change in self._subscription.take():
            self._tickers.take(change)
            market = self._markets.get(change.market_id)
            if market is None:
                continue
            market.take(change)
            self._changed[change.market_id] = market
            if change.whole:
                price = self._books.top(change.market_id).last_price
                market.channel.last_price = price or market.channel.last_price

    async def _send_to(self, market: Followed, followers: Iterable[Following]) -> None:
        for following in followers:
            if following.session.closing:
                continue
            self._send(market, following)
            self._sent_in_a_row += 1
            if self._sent_in_a_row >= self._config.sends_in_a_row_max:
                self._sent_in_a_row = 0
                await asyncio.sleep(0)

    def _send(self, market: Followed, following: Following) -> None:
        """Bring *following* up to date, unless it is already or its connection is full."""
        channel, session = market.channel, following.session
        if following.update_id >= channel.update_id:
            return
        if session.backlogged:
            following.dropped += 1
            self._counts["messages_dropped_total"] += 1
            self._behind.add(following)
        elif following.update_id < channel.floor:
            self._send_snapshot(market, following)
        else:
            lost = channel.trades_lost(following.trades_seen)
            session.wire.send(market.changes_since(following.update_id, following.dropped, lost))
            self._counts["messages_sent_total"] += 1
            following.update_id, following.trades_seen = channel.update_id, channel.trades_seen
            following.dropped = 0

    def _send_snapshot(self, market: Followed, following: Following) -> None:
        image = self._image(following.market_id)
        following.session.wire.send(market.snapshot(image, resumed=following.resumed))
        following.resumed = True
        self._counts["snapshots_total"] += 1
        following.update_id = image.update_id
        following.trades_seen = market.channel.trades_seen
        following.dropped = 0

    def _image(self, market_id: int) -> BookImage:
        return self._books.book(market_id) or BookImage(market_id, 0, 0, [], [], 0)

    # ------------------------------------------------------------------ for sessions

    def knows(self, market_id: int) -> bool:
        """Return whether the market is known without asking the tables."""
        return self._directory.market(market_id) is not None

    def handle(self, session: DepthSession, request: Request) -> None:
        """Carry out *request*, or refuse it."""
        market = self._directory.market(request.market_id)
        following = session.following.get(request.market_id)
        most = self._config.subscriptions_max
        if market is None:
            session.refuse(request, Rejected(Reject.MARKET_UNKNOWN, str(request.market_id)))
        elif market.event_id != request.event_id:
            session.refuse_event(request, market)
        elif request.channel == "ticker":
            handle_ticker(self._tickers, session, request, market)
        elif request.action == "unsubscribe":
            if following is None:
                session.refuse(request, Rejected(Reject.NOT_SUBSCRIBED, str(request.market_id)))
                return
            self._unfollow(session, following)
            session.grant(request)
        elif following is None and len(session.following) >= most:
            session.refuse(request, Rejected(Reject.SUBSCRIPTIONS_LIMIT, expected=str(most)))
        else:
            session.grant(request)
            self._follow(session, market, request.update_id)

    def handle_later(self, session: DepthSession, request: Request) -> None:
        """Carry out *request* in the background, after the session's earlier ones."""
        task = asyncio.create_task(self._guard(session, self._handle_later(session, request)))
        for work_of in (self._work, session.work):
            work_of.add(task)
            task.add_done_callback(work_of.discard)

    def leave(self, session: DepthSession) -> None:
        """Forget the session."""
        self._sessions -= 1
        for task in session.work:
            task.cancel()
        for following in list(session.following.values()):
            self._unfollow(session, following)
        for market_id in session.tickers:
            self._tickers.unfollow(session, market_id)

    async def _handle_later(self, session: DepthSession, request: Request) -> None:
        async with session.order:
            await self._learn(request.market_id)
            if not session.closing:
                self.handle(session, request)

    async def _learn(self, market_id: int) -> None:
        """Look for a market in the tables, and wait for them if it has a book already."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._config.market_seconds
        while await self._directory.find_market(market_id) is None:
            if self._books.book(market_id) is None or loop.time() > deadline:
                return
            await asyncio.sleep(MARKET_PAUSE_SECONDS)

    async def _guard(self, session: DepthSession, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception:  # noqa: BLE001 - one connection must not end the feed of the others
            _log.exception("depth_session_failed", session=session.id)
            session.close(CloseCode.TRY_AGAIN_LATER, "a part of the exchange is not reachable")

    def _follow(self, session: DepthSession, market: MarketRow, update_id: int) -> None:
        """Let *session* follow *market* from *update_id*, or from the whole book."""
        self._take_changes()
        known = session.following.get(market.market_id)
        if known is not None:
            self._unfollow(session, known)
        followed = self._markets.get(market.market_id) or self._open_channel(market)
        resumes = update_id > 0 and followed.channel.can_resume(update_id)
        resumed = not update_id or (resumes and not session.backlogged)
        following = Following(session, market.market_id, resumed=resumed)
        session.following[market.market_id] = following
        followed.followers.add(following)
        if session.backlogged:
            self._behind.add(following)
        elif resumes:
            following.update_id = update_id
            following.trades_seen = followed.channel.trades_seen
            session.wire.send(followed.changes_since(update_id, 0, 0))
            following.update_id = followed.channel.update_id
        else:
            self._send_snapshot(followed, following)

    def _open_channel(self, market: MarketRow) -> Followed:
        image = self._image(market.market_id)
        channel = Channel(
            market.market_id,
            image.update_id,
            last_price=image.last_price or market.last_price,
            trades_max=self._config.trades_kept_max,
        )
        if len(self._markets) >= self._config.channels_kept_max:
            self._close_idle_channel()
        opened = self._markets[market.market_id] = Followed(market, channel)
        return opened

    def _close_idle_channel(self) -> None:
        """Forget the changes of the market that was opened first and that nobody follows."""
        idle = (mid for mid, followed in self._markets.items() if not followed.followers)
        market_id = next(idle, None)
        if market_id is not None:
            del self._markets[market_id]

    def _unfollow(self, session: DepthSession, following: Following) -> None:
        session.following.pop(following.market_id, None)
        self._behind.discard(following)
        market = self._markets.get(following.market_id)
        if market is not None:
            market.followers.discard(following)
