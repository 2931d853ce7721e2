"""One connection: bytes in, frames out, and why it ended.

All connections read into one buffer, that of the `Room`, which hands it to the kernel as it is.
What is left of a frame that is not complete stays with the connection until it reads again.
"""

import asyncio
import secrets
import time
from typing import Final, Protocol, cast

from outcry.services.gateway.config import Limits
from outcry.services.gateway.logons import Grant, Logons
from outcry.services.gateway.room import Room
from outcry_wire.records import HEADER_SIZE
from outcry_wire.rejects import SENTENCES, Reject
from outcry_wire.tcp import (
    FIRST_MESSAGE,
    FRAME_HEAD,
    FRAME_MAX,
    GOODBYE,
    HEARTBEAT,
    HELLO,
    LOGON,
    LOGON_REFUSED,
    MESSAGE_REFUSED,
    NONCE_SIZE,
    TEXT_SIZE,
    VERSION,
    FramingError,
    LogonFlag,
    Message,
    fixed_text,
    frame,
    layout_of,
)


#: Connections that are not logged on may send no more than one LOGON.
_FIRST_FRAME_MAX: Final = FRAME_HEAD.size + LOGON.size


class Host(Protocol):
    """What the connections share."""

    limits: Limits
    room: Room
    logons: Logons

    def opened(self, connection: "Connection") -> Reject | None:
        """Take note of a new connection, or refuse it."""

    def closed(self, connection: "Connection") -> None:
        """Take note of one that ended."""

    def logged_on(self, connection: "Connection", grant: Grant) -> None:
        """Bind a connection to its session, and answer."""

    def answer(self, connection: "Connection", data: bytes) -> None:
        """Send a session what it is told."""

    def message(self, connection: "Connection", kind: Message, record: bytes) -> None:
        """Carry out a message of a session."""

    def must_wait(self, connection: "Connection") -> bool:
        """Whether no more commands may be read now; the host lets it go on itself."""


def now_us() -> int:
    """Return the time, in microseconds since 1970."""
    return time.time_ns() // 1_000


class Connection(asyncio.BufferedProtocol):
    """A client; before it has logged on its ``place`` is 0."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._room = host.room
        self._view = memoryview(host.room.source)
        self._tail = b""
        self._transport: asyncio.Transport | None = None
        self._nonce = secrets.token_bytes(NONCE_SIZE)
        self._paid_until = 0.0
        self._holds: set[str] = set()
        self.account = self.place = self.session = 0
        self.flags = LogonFlag(0)
        self.instruments: set[int] = set()
        self.heartbeat_us = host.limits.logon_ms_max * 1_000
        self.began_us = self.heard_us = self.spoke_us = now_us()
        self.is_slow = self.is_logged_on = False
        self.end_reason: Reject | None = None
        self.taken = 0

    @property
    def is_ended(self) -> bool:
        """Whether the connection is being closed by us."""
        return self.end_reason is not None

    # --- the transport ---------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet."""
        self._transport = transport = cast("asyncio.Transport", transport)
        limits = self._host.limits
        transport.set_write_buffer_limits(high=limits.unread_bytes_high)
        refused = self._host.opened(self)
        if refused is not None:
            self.end(refused)
            return
        head = (Message.HELLO, 0, HELLO.size, 0, 0, self.began_us, 0)
        self.write(frame(HELLO.pack(*head, VERSION, VERSION, FRAME_MAX, self._nonce)))

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002 - the buffer has one size
        """Return where the next bytes go: behind what is left of a frame."""
        kept = len(self._tail)
        if kept:
            self._view[:kept] = self._tail
            return self._view[kept:]
        return self._view

    def buffer_updated(self, nbytes: int) -> None:
        """Carry out what has come."""
        stop = len(self._tail) + nbytes
        self.heard_us = time_us = time.time_ns() // 1_000
        start = 0
        while not self.is_ended:
            if self.place:
                start += self._commands(start, stop, time_us)
                if not self._room.desk.has_message:
                    break
            used = self._message(start, stop)
            if used == 0:
                break
            start += used
        self._tail = bytes(self._view[start:stop]) if start < stop else b""

    def _commands(self, start: int, stop: int, time_us: int) -> int:
        room = self._room
        answers = room.commands(self.place, start, stop, time_us)
        desk = room.desk
        if answers:
            self._host.answer(self, answers)
        if desk.fault:
            self.end(Reject.FRAME_INVALID)
        self.taken += desk.taken
        if self._host.limits.rate_max:
            self._spend(desk.taken)
        if self._host.must_wait(self):
            self.pause("journal")
        consumed: int = desk.consumed
        return consumed

    def _spend(self, count: int) -> None:
        """Wait before reading on when more came than a second may bring."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        self._paid_until = max(self._paid_until, now - 1) + count / self._host.limits.rate_max
        if self._paid_until > now:
            self.pause("rate")
            loop.call_later(self._paid_until - now, self.go_on, "rate")

    def eof_received(self) -> bool:
        """Close, too, when the client does."""
        return False

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - it is gone anyway
        """Take leave."""
        self._host.closed(self)
        self._tail = b""

    def pause_writing(self) -> None:
        """Stop reading from somebody who does not read."""
        self.is_slow = True
        self.pause("unread")

    def resume_writing(self) -> None:
        """Go on."""
        self.is_slow = False
        self.go_on("unread")

    def pause(self, reason: str) -> None:
        """Read no more for now."""
        self._holds.add(reason)
        transport = self._transport
        if transport is not None and not transport.is_closing() and transport.is_reading():
            transport.pause_reading()

    def go_on(self, reason: str) -> None:
        """Read on, unless there is another reason not to."""
        self._holds.discard(reason)
        transport = self._transport
        if transport is None or transport.is_closing() or self._holds:
            return
        if not transport.is_reading():
            transport.resume_reading()

    # --- what is said ----------------------------------------------------------------------

    def write(self, data: bytes) -> None:
        """Send frames, unless this reader is hopeless: then it is cut off."""
        transport = self._transport
        if transport is None or self.end_reason is not None:
            return
        self.spoke_us = self.heard_us
        transport.write(data)
        if self.is_slow and transport.get_write_buffer_size() > self._host.limits.unread_bytes_max:
            self.end_reason = Reject.READER_SLOW
            transport.abort()

    def end(self, reason: Reject) -> None:
        """Say why, and close."""
        transport = self._transport
        if transport is None or self.end_reason is not None:
            return
        refused = not self.is_logged_on
        kind = Message.LOGON_REFUSED if refused else Message.GOODBYE
        layout = LOGON_REFUSED if refused else GOODBYE
        text = fixed_text(SENTENCES[reason], TEXT_SIZE)
        self.write(frame(layout.pack(kind, 0, layout.size, 0, 0, now_us(), 0, reason, text)))
        self.end_reason = reason
        transport.close()

    def refuse(self, reason: Reject, kind: int) -> None:
        """Say that a message is not carried out."""
        head = (Message.MESSAGE_REFUSED, 0, MESSAGE_REFUSED.size, 0, 0, now_us(), 0)
        self.write(frame(MESSAGE_REFUSED.pack(*head, reason, kind)))

    def beat(self) -> None:
        """Say that we are here."""
        head = (Message.HEARTBEAT, 0, HEARTBEAT.size, 0, 0, now_us(), 0)
        self.write(frame(HEARTBEAT.pack(*head)))
        self.spoke_us = now_us()

    # --- messages of the session -------------------------------------------------------------

    def _message(self, start: int, stop: int) -> int:
        """Carry out one message; return how many bytes it was, 0 if it is not complete."""
        if stop - start < FRAME_HEAD.size:
            return 0
        length: int = FRAME_HEAD.unpack_from(self._view, start)[0]
        longest = FRAME_MAX if self.is_logged_on else _FIRST_FRAME_MAX
        if length < HEADER_SIZE or length % 8 or length > longest:
            self.end(Reject.FRAME_INVALID if self.is_logged_on else Reject.LOGON_EXPECTED)
            return 0
        if stop - start < FRAME_HEAD.size + length:
            return 0
        begin = start + FRAME_HEAD.size
        self._hear(bytes(self._view[begin : begin + length]))
        return FRAME_HEAD.size + length

    def _hear(self, record: bytes) -> None:
        if record[0] < FIRST_MESSAGE and self.is_logged_on:
            self.refuse(Reject.SCOPE_MISSING, record[0])  # a drop copy does not trade
            return
        try:
            kind, _ = layout_of(record)
        except FramingError:
            if self.is_logged_on:
                self.refuse(Reject.RECORD_INVALID, record[0])
            else:
                self.end(Reject.LOGON_EXPECTED)
            return
        if (kind is Message.LOGON) == self.is_logged_on:
            self.end(Reject.LOGON_EXPECTED)
        elif kind is Message.LOGON:
            self._log_on(record)
        elif isinstance(kind, Message):
            self._host.message(self, kind, record)

    def _log_on(self, record: bytes) -> None:
        grant = self._host.logons.judge(record, self._nonce)
        if isinstance(grant, Reject):
            self.end(grant)
            return
        self.is_logged_on = True
        self.flags, self.account, self.session = grant.flags, grant.account, grant.session
        self._host.logged_on(self, grant)
