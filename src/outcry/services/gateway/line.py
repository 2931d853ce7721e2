"""A socket on the event loop: read into the shared buffer, written at once, closed with care.

The loop's own transports cost two calls and a queue for each read and write; here a read is one
call of the system and so is a write, and only what the system does not take is kept.
"""

import asyncio
import socket
import time
from selectors import EVENT_READ, EVENT_WRITE
from typing import Final


#: How long a connection that we end may go on to send before it is cut: so its client reads why.
_LINGER_SECONDS: Final = 1.0


def now_us() -> int:
    """Return the time, in microseconds since 1970."""
    return time.time_ns() // 1_000


class Line:
    """One connected socket. Whoever inherits it says what is to be done with what comes."""

    def __init__(self, sock: socket.socket, view: memoryview, high: int, most: int) -> None:
        """Read into *view*; stop reading at *high* unsent bytes, cut off at *most*."""
        sock.settimeout(0)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._loop = asyncio.get_running_loop()
        self._socket = sock
        self._number = sock.fileno()
        self._receive = sock.recv_into
        self._send = sock.send
        self._view = view
        self._high, self._most = high, most
        self._unsent = bytearray()
        self._soon: list[bytes] = []
        self._holds: set[str] = set()
        self._events = 0
        #: What is left of a frame that is not complete.
        self.tail = b""
        self.is_open = True
        self._is_ending = False

    # --- what the heir does ------------------------------------------------------------------

    def received(self, stop: int) -> None:
        """Carry out ``view[:stop]``: the tail, and what has come now."""
        raise NotImplementedError

    def left(self) -> None:
        """Take leave: the socket is closed. Called once."""
        raise NotImplementedError

    def too_slow(self) -> None:
        """Take note that the other side is cut off because it does not read."""
        raise NotImplementedError

    # --- reading -----------------------------------------------------------------------------

    def begin(self) -> None:
        """Read from now on."""
        self._want(EVENT_READ, wanted=True)

    def _want(self, event: int, *, wanted: bool) -> None:
        """Be called when the socket is ready for something, or no more."""
        events = self._events | event if wanted else self._events & ~event
        if events != self._events:
            before, self._events = self._events, events
            self.watch(before, events)

    def watch(self, before: int, events: int) -> None:
        """Let the loop call `readable` and `writable` for *events* instead of those *before*."""
        if (before ^ events) & EVENT_READ:
            if events & EVENT_READ:
                self._loop.add_reader(self._number, self.readable)
            else:
                self._loop.remove_reader(self._number)
        if (before ^ events) & EVENT_WRITE:
            if events & EVENT_WRITE:
                self._loop.add_writer(self._number, self.writable)
            else:
                self._loop.remove_writer(self._number)

    def readable(self) -> None:
        """Read once."""
        if self._is_ending:
            self._discard()
            return
        view, kept = self._view, len(self.tail)
        try:
            if kept:
                view[:kept] = self.tail
                count = self._receive(view[kept:])
            else:
                count = self._receive(view)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            count = 0
        if count:
            self.received(kept + count)
        else:
            self.cut()

    def pause(self, reason: str) -> None:
        """Read no more for now."""
        if not self._holds and self.is_open and not self._is_ending:
            self._want(EVENT_READ, wanted=False)
        self._holds.add(reason)

    def go_on(self, reason: str) -> None:
        """Read on, unless there is another reason not to."""
        if reason in self._holds:
            self._holds.discard(reason)
            if not self._holds and self.is_open and not self._is_ending:
                self.begin()

    # --- writing -----------------------------------------------------------------------------

    @property
    def is_slow(self) -> bool:
        """Whether the other side has much to read already."""
        return len(self._unsent) > self._high

    def put(self, data: bytes) -> None:
        """Send now, behind what was to be sent before."""
        if not self.is_open:
            return
        if self._soon:
            data = b"".join((*self._soon, data))
            self._soon.clear()
            self.holding()
        if self._unsent:
            self.keep(data)
            return
        try:
            sent = self._send(data)
        except (BlockingIOError, InterruptedError):
            sent = 0
        except OSError:
            self._loop.call_soon(self.cut)
            return
        if sent < len(data):
            self.keep(data[sent:])

    def put_soon(self, data: bytes) -> None:
        """Send at the end of this turn of the loop, with what else comes until then."""
        if not self._soon:
            self._loop.call_soon(self._flush)
        self._soon.append(data)
        self.holding()

    def _flush(self) -> None:
        if self._soon:
            self.put(b"")

    @property
    def is_holding(self) -> bool:
        """Whether something waits that has to be sent before anything else."""
        return bool(self._unsent or self._soon)

    def holding(self) -> None:
        """Take note that `is_holding` may have changed."""

    def keep(self, data: bytes) -> None:
        """Send later what the system did not take."""
        if not self.is_open:
            return
        self._want(EVENT_WRITE, wanted=True)
        self._unsent += data
        self.holding()
        if len(self._unsent) > self._most:
            self.too_slow()
            self._loop.call_soon(self.cut)
        elif self.is_slow:
            self.pause("unread")

    def writable(self) -> None:
        """Send what waits."""
        try:
            sent = self._send(self._unsent)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            self.cut()
            return
        del self._unsent[:sent]
        if not self._unsent:
            self._want(EVENT_WRITE, wanted=False)
            self.holding()
            if self._is_ending:
                self._shut()
        if not self.is_slow:
            self.go_on("unread")

    # --- the end -----------------------------------------------------------------------------

    def finish(self) -> None:
        """Send what waits, then close; what still comes is thrown away."""
        if not self.is_open or self._is_ending:
            return
        self._flush()
        self._is_ending = True
        self._want(EVENT_READ, wanted=True)
        self._loop.call_later(_LINGER_SECONDS, self.cut)
        if not self._unsent:
            self._shut()

    def _shut(self) -> None:
        try:
            self._socket.shutdown(socket.SHUT_WR)
        except OSError:
            self.cut()

    def _discard(self) -> None:
        try:
            count = self._receive(self._view)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            count = 0
        if not count:
            self.cut()

    def cut(self) -> None:
        """Close at once."""
        if not self.is_open:
            return
        self.is_open = False
        self._want(EVENT_READ | EVENT_WRITE, wanted=False)
        self._socket.close()
        self._unsent.clear()
        self._soon.clear()
        self.tail = b""
        self.left()
