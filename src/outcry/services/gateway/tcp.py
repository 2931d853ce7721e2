"""One connection: bytes in, frames out, and why it ended.

All connections read into one buffer, that of the `Room`, which hands it to the kernel as it is.
What is left of a frame that is not complete stays with the connection until it reads again. Once a
session has logged on the `pump` serves it, and calls here for all that is not commands and answers.
"""

import secrets
import socket
import time
from collections import Counter
from typing import Final, Protocol

from outcry.services.gateway.config import Limits
from outcry.services.gateway.line import Line, now_us
from outcry.services.gateway.logons import Grant, Logons
from outcry.services.gateway.poller import Poller
from outcry.services.gateway.room import Room
from outcry_wire.records import HEADER_SIZE
from outcry_wire.rejects import Reject
from outcry_wire.sentences import SENTENCES
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
    poller: Poller
    #: Messages and logons that were refused.
    refusals: Counter[Reject]

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


class Connection(Line):
    """A client; before it has logged on its ``place`` is 0."""

    def __init__(self, host: Host, sock: socket.socket) -> None:
        limits = host.limits
        view = memoryview(host.room.source)
        super().__init__(sock, view, limits.unread_bytes_high, limits.unread_bytes_max)
        self._host = host
        self._room = host.room
        self._pump = host.poller.pump
        self._is_served = False
        self._nonce = secrets.token_bytes(NONCE_SIZE)
        self._paid_until = 0.0
        self._rate = limits.rate_max
        self.account = self.place = self.session = 0
        self.flags = LogonFlag(0)
        self.instruments: set[int] = set()
        self.heartbeat_us = limits.logon_ms_max * 1_000
        self.began_us = self.heard_us = self.spoke_us = now_us()
        self.is_logged_on = False
        self.end_reason: Reject | None = None

    # --- what comes --------------------------------------------------------------------------

    def greet(self) -> None:
        """Say HELLO, or why not."""
        self._host.poller.add(self._number, self)
        refused = self._host.opened(self)
        if refused is not None:
            self.end(refused)
            return
        self.begin()
        head = (Message.HELLO, 0, HELLO.size, 0, 0, self.began_us, 0)
        self.write(frame(HELLO.pack(*head, VERSION, VERSION, FRAME_MAX, self._nonce)))

    def watch(self, before: int, events: int) -> None:
        """Let the pump call `readable` and `writable`."""
        selector, number = self._host.poller, self._number
        if not before:
            selector.register(number, events)
        elif not events:
            selector.unregister(number)
        else:
            selector.modify(number, events)

    def received(self, stop: int) -> None:
        """Carry out what has come."""
        self.tail = self.take_over(0, stop)
        if self.place and self.end_reason is None:
            self._pump.serve(self._number, self.place, self.tail)
            self._is_served, self.tail = True, b""
            self.holding()

    def take_over(self, start: int, stop: int) -> bytes:
        """Carry out ``source[start:stop]``; return what is left of a frame that is not complete."""
        self.heard_us = time_us = time.time_ns() // 1_000
        while self.end_reason is None:
            if self.place:
                start += self._commands(start, stop, time_us)
                if start == stop or not self._room.desk.has_message:
                    break
            used = self._message(start, stop)
            if used == 0:
                break
            start += used
        return bytes(self._view[start:stop]) if start < stop else b""

    def _commands(self, start: int, stop: int, time_us: int) -> int:
        room = self._room
        answers = room.commands(self.place, start, stop, time_us)
        if answers:
            self._host.answer(self, answers)
        desk = room.desk
        consumed: int = desk.consumed
        if desk.fault:
            self.end_invalid()
        elif self._rate:
            self.spend(desk.taken)
        return consumed

    def spend(self, count: int) -> None:
        """Wait before reading on when more came than a second may bring."""
        now = self._loop.time()
        self._paid_until = max(self._paid_until, now - 1) + count / self._rate
        if self._paid_until > now:
            self.pause("rate")
            self._loop.call_later(self._paid_until - now, self.go_on, "rate")

    def end_invalid(self) -> None:
        """End: what came is no frame."""
        self.end(Reject.FRAME_INVALID)

    def lost(self) -> None:
        """End at once: the other side has gone."""
        self.cut()

    def left(self) -> None:
        """Take leave."""
        self._pump.remove(self._number)
        self._is_served = False
        self._host.closed(self)

    @property
    def times_us(self) -> tuple[int, int]:
        """When it was heard last, and when it was told something last."""
        if not self._is_served:
            return self.heard_us, self.spoke_us
        heard_us, spoke_us = self._pump.times(self._number)
        return max(heard_us, self.heard_us), max(spoke_us, self.spoke_us)

    def too_slow(self) -> None:
        """Say in the log, and at the next logon, why this ended."""
        self.end_reason = Reject.READER_SLOW
        self._pump.stop_serving(self._number)

    # --- what is said ------------------------------------------------------------------------

    def put(self, data: bytes) -> None:
        """Send now, behind what was to be sent before."""
        if self._is_served:
            self._pump.flush(self._number)
        super().put(data)

    def holding(self) -> None:
        """Let the pump send nothing before what waits here."""
        if self._is_served:
            self._pump.hold(self._number, self.is_holding)

    def write(self, data: bytes) -> None:
        """Send frames."""
        if self.end_reason is None:
            self.spoke_us = self.heard_us
            self.put(data)

    def write_soon(self, data: bytes) -> None:
        """Send frames with what else comes in this turn of the loop."""
        if self.end_reason is None:
            self.spoke_us = self.heard_us
            self.put_soon(data)

    def end(self, reason: Reject) -> None:
        """Say why, and close."""
        if self.end_reason is not None:
            return
        refused = not self.is_logged_on
        if refused:
            self._host.refusals[reason] += 1
        kind = Message.LOGON_REFUSED if refused else Message.GOODBYE
        layout = LOGON_REFUSED if refused else GOODBYE
        text = fixed_text(SENTENCES[reason], TEXT_SIZE)
        self.write(frame(layout.pack(kind, 0, layout.size, 0, 0, now_us(), 0, reason, text)))
        self.end_reason = reason
        self._pump.stop_serving(self._number)
        self.finish()

    def refuse(self, reason: Reject, kind: int) -> None:
        """Say that a message is not carried out."""
        self._host.refusals[reason] += 1
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
