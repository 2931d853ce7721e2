"""A TCP session for programs that block."""

import select
import socket
import time
from types import TracebackType
from typing import Final, Self

from outcry_sdk.errors import UnreachableError
from outcry_sdk.feeds.connecting import Backoff
from outcry_sdk.tcp.core import RETRIED, Ended, TcpCore
from outcry_sdk.tcp.events import TcpEvent
from outcry_sdk.tcp.logon import TcpLogon


_RECEIVE_BYTES: Final = 1 << 16
_SECONDS_MAX: Final = 10.0


class TcpClient:
    """A session: commands are methods of ``core``, what comes of them is returned by `receive`.

    Commands wait until `flush` or `receive` sends them, all together. `receive` must be called at
    least once in a heartbeat. A lost connection is made again, and what the engine did not get is
    sent again. Not for more than one thread.
    """

    def __init__(
        self, host: str, port: int, logon: TcpLogon, *, backoff: Backoff | None = None
    ) -> None:
        """Connect and log on; raises `UnreachableError` or what the engine refuses."""
        self.core = TcpCore(logon)
        self._address = (host, port)
        self._backoff = backoff or Backoff()
        self._socket: socket.socket | None = None
        self._events: list[TcpEvent] = []
        self._spoke = 0.0
        self._connect()

    def receive(self, seconds: float = 0.0) -> list[TcpEvent]:
        """Send what waits, and return what has come; wait for something up to *seconds*.

        Raises what the engine says when it ends the session for good: a refusal or `Ended`.
        """
        until = time.monotonic() + seconds
        while True:
            self.flush()
            wait = max(0.0, min(until - time.monotonic(), self.core.heartbeat_seconds / 2))
            try:
                self._events += self._read(wait)
            except OSError as error:
                self._again(error)
            if self._events or time.monotonic() >= until:
                events, self._events = self._events, []
                return events

    def flush(self) -> None:
        """Send what waits."""
        if time.monotonic() - self._spoke > self.core.heartbeat_seconds / 2:
            self.core.heartbeat()
        data = self.core.outgoing()
        if data and self._socket is not None:
            try:
                self._send(self._socket, data)
                self._spoke = time.monotonic()
            except OSError as error:
                self._again(error)

    def _send(self, connected: socket.socket, data: bytes) -> None:
        """Send all of it, and read meanwhile: an engine whose answers wait does not read either."""
        view, poll = memoryview(data), select.poll()
        poll.register(connected, select.POLLIN | select.POLLOUT)
        while view:
            found = poll.poll(_SECONDS_MAX * 1_000)
            if not found:
                raise TimeoutError("the engine does not read")
            if found[0][1] & select.POLLOUT:
                connected.settimeout(0)
                view = view[connected.send(view[:_RECEIVE_BYTES]) :]
            else:
                self._events += self._read(0)

    def close(self) -> None:
        """Log out and close; orders stay unless the logon says otherwise."""
        if self._socket is None:
            return
        self.core.log_out()
        try:
            self._socket.sendall(self.core.outgoing())
            self._socket.settimeout(_SECONDS_MAX)
            while self._socket.recv(_RECEIVE_BYTES):
                pass
        except OSError:
            pass
        self._drop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _read(self, seconds: float) -> list[TcpEvent]:
        if self._socket is None:
            raise ConnectionResetError("there is no connection")
        self._socket.settimeout(seconds or 1e-6)
        try:
            data = self._socket.recv(_RECEIVE_BYTES)
        except (BlockingIOError, TimeoutError):
            return []
        if not data:
            raise ConnectionResetError("the engine closed the connection")
        try:
            return self.core.receive(data)
        except Ended as ended:
            if ended.reject in RETRIED:
                raise ConnectionResetError(str(ended)) from ended
            self._drop()
            raise

    def _again(self, error: BaseException) -> None:
        """Connect until it works; raises `UnreachableError` after too many failures."""
        while True:
            self._drop()
            time.sleep(self._backoff.pause(error))
            try:
                self._connect()
            except UnreachableError as failure:
                error = failure
            else:
                return

    def _connect(self) -> None:
        try:
            self._socket = socket.create_connection(self._address, _SECONDS_MAX)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._log_on(self._socket, time.monotonic() + _SECONDS_MAX)
        except OSError as error:
            self._drop()
            raise UnreachableError(f"no engine at {self._address}: {error}") from error
        except BaseException:
            self._drop()
            raise
        self._spoke = time.monotonic()
        self._backoff.good()

    def _log_on(self, connected: socket.socket, until: float) -> None:
        while not self.core.is_logged_on:
            if time.monotonic() > until:
                raise TimeoutError("no answer to the logon")
            self._events += self._read(_SECONDS_MAX)
            connected.sendall(self.core.outgoing())

    def _drop(self) -> None:
        self.core.lost()
        if self._socket is not None:
            self._socket.close()
            self._socket = None
