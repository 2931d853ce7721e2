"""The listening side of the feeds: picows below, sessions above, one port for several paths.

Each path has a factory that makes a session for a new connection. The listener turns a web address
into a session, frames into calls, and a close into an end that really comes: a client that does not
answer is cut. It knows nothing of what is subscribed or sent.

Shaped as a service: `start` binds the port (do it after the feeds themselves have started), `run`
watches the heartbeats, `stop` says goodbye to everybody.
"""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from typing import Final

from msgspec import Struct
from picows import (
    WSCloseCode,
    WSFrame,
    WSListener,
    WSMsgType,
    WSTransport,
    WSUpgradeRequest,
    WSUpgradeResponseWithListener,
    ws_create_server,
)
from structlog import get_logger

from outcry.runtime.config import Config
from outcry.runtime.proxies import Proxies
from outcry.runtime.ws_session import CloseCode, FrameKind, Session, Wire
from outcry.runtime.ws_upgrade import normalise, quiet, refusal


#: How long a client has, after the close frame, to read what it was sent.
CLOSE_SECONDS: Final = 2.0
#: How long a client may take to ask for the upgrade.
UPGRADE_SECONDS: Final = 5.0
CLOCK_SECONDS: Final = 1.0
#: RFC 6455: a control frame has at most 125 bytes, two of them the code.
REASON_BYTES_MAX: Final = 123
#: picows starts each connection with this much room for what the client sends, and lets it grow.
READ_BUFFER_BYTES: Final = 2_048

_KINDS: Final = {
    WSMsgType.CONTINUATION: FrameKind.CONTINUATION,
    WSMsgType.TEXT: FrameKind.TEXT,
    WSMsgType.BINARY: FrameKind.BINARY,
    WSMsgType.CLOSE: FrameKind.CLOSE,
    WSMsgType.PING: FrameKind.PING,
    WSMsgType.PONG: FrameKind.PONG,
}

_log = get_logger("outcry.feeds")

SessionFactory = Callable[[Wire, float], Session]


class ListenerConfig(Struct, frozen=True):
    """Where the feeds listen. Port 0 takes a free one."""

    host: str = "127.0.0.1"
    port: int = 8001
    #: Connections of all paths together; further ones are answered with 503.
    connections_max: int = 20_000
    #: Largest frame that is read at all; sessions have their own, smaller limit for messages.
    frame_bytes_max: int = 65_536
    #: Who is believed about where a connection comes from.
    proxies: Proxies = Proxies()

    @classmethod
    def of(cls, config: Config) -> "ListenerConfig":
        """Return what an operator chose."""
        return cls(
            host=config.feeds.host,
            port=config.feeds.port,
            connections_max=config.limits.feed_connections_count_max,
            proxies=Proxies(config.http.proxies),
        )


class FeedListener:
    """One port for the feeds of this process."""

    name = "feeds"

    def __init__(self, config: ListenerConfig, routes: Mapping[str, SessionFactory]) -> None:
        self._config = config
        self._routes = dict(routes)
        self._server: asyncio.Server | None = None
        self._connections: set[_Connection] = set()
        self._emptied: asyncio.Event | None = None
        self._refused = 0
        self._accepted = 0

    @property
    def port(self) -> int:
        """The port that is really listened on; only between `start` and `stop`."""
        assert self._server is not None
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def start(self) -> None:
        """Bind the port; raises OSError when it is taken."""
        self._server = await ws_create_server(
            self._accept,
            self._config.host,
            self._config.port,
            websocket_handshake_timeout=UPGRADE_SECONDS,
            logger_name=quiet(),
            # The session answers pings itself, so that they count as signs of life.
            enable_auto_pong=False,
            max_frame_size=self._config.frame_bytes_max,
            read_buffer_init_size=READ_BUFFER_BYTES,
        )

    async def run(self) -> None:
        """Watch heartbeats until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(CLOCK_SECONDS)
            now = loop.time()
            for connection in list(self._connections):
                connection.on_clock(now)

    async def stop(self) -> None:
        """Stop listening, close every connection, wait a moment for the goodbyes."""
        if self._server is None:
            return
        self._server.close()
        for connection in list(self._connections):
            connection.session.close(CloseCode.GOING_AWAY, "the exchange is stopping")
        if self._connections:
            self._emptied = asyncio.Event()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._emptied.wait(), CLOSE_SECONDS)
        for connection in list(self._connections):
            connection.cut()
        await self._server.wait_closed()
        self._server = None

    def status(self) -> Mapping[str, int]:
        """Return how many connections there are, were and were refused."""
        return {
            "ready": int(self._server is not None and self._server.is_serving()),
            "connections": len(self._connections),
            "connections_accepted_total": self._accepted,
            "connections_refused_total": self._refused,
        }

    def _accept(
        self, request: WSUpgradeRequest
    ) -> WSListener | WSUpgradeResponseWithListener | None:
        path = request.path.partition(b"?")[0].decode("ascii", "replace").rstrip("/")
        factory = self._routes.get(path)
        if factory is None:
            return refusal(HTTPStatus.NOT_FOUND, f"feeds: {', '.join(sorted(self._routes))}\n")
        if len(self._connections) >= self._config.connections_max:
            self._refused += 1
            return refusal(HTTPStatus.SERVICE_UNAVAILABLE, "too many connections\n")
        normalise(request)
        forwarded = request.headers.getall("X-Forwarded-For", [])
        address_of = partial(self._config.proxies.client, forwarded=forwarded)
        return _Connection(factory, address_of, self._joined, self._left)

    def _joined(self, connection: "_Connection") -> None:
        self._accepted += 1
        self._connections.add(connection)

    def _left(self, connection: "_Connection") -> None:
        self._connections.discard(connection)
        if self._emptied is not None and not self._connections:
            self._emptied.set()


class _Connection(WSListener):
    """One connection: the wire of its session."""

    def __init__(
        self,
        factory: SessionFactory,
        address_of: Callable[[str], str],
        joined: Callable[["_Connection"], None],
        left: Callable[["_Connection"], None],
    ) -> None:
        self._factory = factory
        self._address_of = address_of
        self._joined = joined
        self._left = left
        self._loop = asyncio.get_running_loop()
        self._resumed: asyncio.Event | None = None
        self._cut: asyncio.TimerHandle | None = None
        self._transport: WSTransport
        self.session: Session
        self.address = ""

    # ------------------------------------------------------------------ what picows calls

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._transport = transport
        peer = transport.underlying_transport.get_extra_info("peername")
        # A unix socket has no address, as at the HTTP door.
        self.address = self._address_of(peer[0] if peer else "")
        self.session = self._factory(self, self._loop.time())
        self._joined(self)
        self._guard(self.session.opened)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        payload = frame.get_payload_as_bytes()
        if frame.rsv1 or frame.rsv2 or frame.rsv3:
            self.session.close(CloseCode.PROTOCOL_ERROR, "no extension was agreed on")
            return
        now = self._loop.time()
        self._guard(
            lambda: self.session.on_frame(
                _KINDS[frame.msg_type], payload, final=frame.fin, now=now
            ),
        )
        if frame.msg_type == WSMsgType.CLOSE:
            transport.disconnect()

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        del transport
        self._left(self)
        if self._cut is not None:
            self._cut.cancel()
        if self._resumed is not None:
            self._resumed.set()
        self.session.closing = True
        self._guard(self.session.ended)

    def pause_writing(self) -> None:
        self._resumed = asyncio.Event()

    def resume_writing(self) -> None:
        if self._resumed is not None:
            self._resumed.set()
            self._resumed = None

    # ------------------------------------------------------------------ what the session calls

    @property
    def backlog_bytes(self) -> int:
        return self._transport.underlying_transport.get_write_buffer_size()

    def send(self, message: bytes) -> None:
        self._transport.send(WSMsgType.TEXT, message)

    def send_ping(self) -> None:
        self._transport.send_ping()

    def send_pong(self, payload: bytes) -> None:
        self._transport.send_pong(payload)

    def close(self, code: int, reason: str) -> None:
        # A cut may fall inside a character, and half of one is no text.
        whole = reason.encode()[:REASON_BYTES_MAX].decode(errors="ignore")
        self._transport.send_close(WSCloseCode(code), whole.encode())
        self._cut = self._loop.call_later(CLOSE_SECONDS, self.cut)

    async def drained(self, timeout: float) -> bool:
        if self._resumed is None:
            return True
        try:
            async with asyncio.timeout(timeout):
                await self._resumed.wait()
        except TimeoutError:
            return False
        return True

    # ------------------------------------------------------------------ what the listener calls

    def on_clock(self, now: float) -> None:
        self._guard(lambda: self.session.on_clock(now))

    def cut(self) -> None:
        """End the connection without waiting for what was not read yet."""
        self._transport.disconnect(graceful=False)

    def _guard(self, step: Callable[[], None]) -> None:
        """Run *step*; a bug of ours ends one connection and is logged, not swallowed."""
        try:
            step()
        except Exception:  # noqa: BLE001 - any bug, and only this connection
            _log.exception("feed_session_failed", session=self.session.id)
            self.session.close(CloseCode.INTERNAL_ERROR, "internal error")
