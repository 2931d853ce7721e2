"""A WebSocket session: what both feeds share between a connection and their own rules.

The session knows frames, not sockets: `ws_listener` feeds it and gives it a `Wire` to answer on.
It joins fragments, answers ``ping``, watches the heartbeat and the number of messages, and closes
with a code and a sentence when a client breaks a rule. Feeds subclass it and get whole text
messages, one at a time.

It never waits, never buffers what it sends (the wire does, and `backlogged` tells when too much),
and never calls a hook after `ended`.
"""

from enum import IntEnum
from typing import Final, Protocol
from uuid import uuid4

from msgspec import Struct, json

from outcry.domain.rejects import Reject, Rejected
from outcry.runtime.config import Limits


PING: Final = b"ping"
PONG: Final = b"pong"

#: Answers go out beyond the backlog limit, up to this many times it. Then pings are not answered
#: any more, and whoever asks for something else without reading is disconnected.
ANSWERS_FACTOR: Final = 2


class FrameKind(IntEnum):
    """Opcodes of RFC 6455."""

    CONTINUATION = 0
    TEXT = 1
    BINARY = 2
    CLOSE = 8
    PING = 9
    PONG = 10


class CloseCode(IntEnum):
    """Close codes of RFC 6455 (7.4.1) and of its registry that the feeds send."""

    NORMAL = 1000
    GOING_AWAY = 1001
    PROTOCOL_ERROR = 1002
    UNSUPPORTED_DATA = 1003
    INVALID_TEXT = 1007
    #: A rule of ours was broken: no login, too many messages, no heartbeat.
    POLICY_VIOLATION = 1008
    MESSAGE_TOO_BIG = 1009
    INTERNAL_ERROR = 1011
    #: Not the client's fault, or it reads too slowly: connect again and go on.
    TRY_AGAIN_LATER = 1013


class Wire(Protocol):
    """The connection under a session."""

    @property
    def address(self) -> str:
        """Where the client is, as far as is known; "" when it is not."""
        ...

    @property
    def backlog_bytes(self) -> int:
        """Bytes that were sent and that the operating system has not taken yet."""
        ...

    def send(self, message: bytes) -> None:
        """Send one text message; does nothing when the connection is closing."""
        ...

    def send_ping(self) -> None:
        """Ask the other side for a sign of life."""
        ...

    def send_pong(self, payload: bytes) -> None:
        """Answer a ping frame."""
        ...

    def close(self, code: int, reason: str) -> None:
        """Say goodbye; the connection ends soon after, whatever the other side does."""
        ...

    async def drained(self, timeout: float) -> bool:
        """Wait until most of the backlog is gone; False when *timeout* seconds passed before."""
        ...


class SessionLimits(Struct, frozen=True):
    """What one connection may cost."""

    #: Largest message a client may send, fragments together.
    message_bytes_max: int = 16_384
    #: Messages and control frames a client may send in one second.
    messages_per_second_max: int = 500
    #: Silence after which the server pings.
    ping_after_seconds: float = 20.0
    #: Silence after which the connection is closed. Any frame from the client is a sign of life.
    heartbeat_seconds: float = 60.0
    #: Backlog at which the feed stops sending to this client.
    backlog_bytes_max: int = 262_144

    @classmethod
    def of(cls, limits: Limits) -> "SessionLimits":
        """Return the limits that an operator chose."""
        return cls(
            ping_after_seconds=limits.feed_silence_ms_max / 3_000,
            heartbeat_seconds=limits.feed_silence_ms_max / 1_000,
            backlog_bytes_max=limits.feed_buffer_bytes_max,
        )


class ErrorFrame(Struct, frozen=True):
    """A refusal: the numbers and words are those of `outcry_wire.rejects`, as on every door."""

    event_type: str
    success: bool
    message: str
    reject: int
    name: str
    got: str
    expected: str


def error_frame(event_type: str, rejected: Rejected) -> ErrorFrame:
    """Return *rejected* as the feeds say it."""
    return ErrorFrame(
        event_type=event_type,
        success=False,
        message=rejected.sentence,
        reject=int(rejected.reject),
        name=rejected.reject.name,
        got=rejected.got,
        expected=rejected.expected,
    )


encode: Final = json.Encoder().encode


class Session:
    """One connection of a feed. Times are seconds of a clock that never goes back."""

    __slots__ = (
        "_fragments",
        "_fragments_bytes",
        "_heard_at",
        "_messages",
        "_pinged",
        "_second",
        "closing",
        "id",
        "limits",
        "wire",
    )

    def __init__(self, wire: Wire, limits: SessionLimits, now: float) -> None:
        self.id = str(uuid4())
        self.wire = wire
        self.limits = limits
        self.closing = False
        self._heard_at = now
        self._pinged = False
        self._second = 0
        self._messages = 0
        self._fragments: list[bytes] | None = None
        self._fragments_bytes = 0

    # ------------------------------------------------------------------ what a feed fills in

    def opened(self) -> None:
        """Act on the connection being there."""

    def received(self, message: bytes) -> None:
        """Act on one whole text message, valid UTF-8, that is not ``ping``."""
        raise NotImplementedError

    def checked(self, now: float) -> None:
        """Act on the passing of time; called about once a second."""

    def ended(self) -> None:
        """Let go of everything; the connection is gone."""

    # ------------------------------------------------------------------ what a feed uses

    @property
    def backlogged(self) -> bool:
        """Whether the client reads too slowly to be sent more now."""
        return self.wire.backlog_bytes > self.limits.backlog_bytes_max

    def send(self, frame: Struct) -> None:
        """Send *frame* as JSON."""
        self.wire.send(encode(frame))

    def close(self, code: CloseCode, reason: str) -> None:
        """Close with a reason of at most 123 bytes; the first reason stands."""
        if not self.closing:
            self.closing = True
            self.wire.close(code, reason)

    # ------------------------------------------------------------------ what the listener calls

    def on_frame(self, kind: int, payload: bytes, *, final: bool, now: float) -> None:
        """Take one frame from the client."""
        if self.closing:
            return
        self._heard_at = now
        self._pinged = False
        if not self._within_rate(now):
            self.close(
                CloseCode.POLICY_VIOLATION,
                f"more than {self.limits.messages_per_second_max} messages in a second",
            )
        elif kind in (FrameKind.TEXT, FrameKind.CONTINUATION):
            self._take_fragment(kind, payload, final=final)
        elif kind == FrameKind.PING:
            if self._may_answer():
                self.wire.send_pong(payload)
        elif kind == FrameKind.BINARY:
            self.close(CloseCode.UNSUPPORTED_DATA, "this feed speaks text; send JSON as text")
        elif kind == FrameKind.CLOSE:
            self.close(CloseCode.NORMAL, "")

    def on_clock(self, now: float) -> None:
        """Watch the heartbeat; called about once a second."""
        if self.closing:
            return
        silence = now - self._heard_at
        if silence > self.limits.heartbeat_seconds:
            seconds = self.limits.heartbeat_seconds
            self.close(CloseCode.POLICY_VIOLATION, f"no sign of life for {seconds:g} seconds")
            return
        if silence > self.limits.ping_after_seconds and not self._pinged:
            self._pinged = True
            self.wire.send_ping()
        self.checked(now)

    def _within_rate(self, now: float) -> bool:
        second = int(now)
        if second != self._second:
            self._second, self._messages = second, 0
        self._messages += 1
        return self._messages <= self.limits.messages_per_second_max

    def _may_answer(self) -> bool:
        return self.wire.backlog_bytes <= ANSWERS_FACTOR * self.limits.backlog_bytes_max

    def _take_fragment(self, kind: int, payload: bytes, *, final: bool) -> None:
        if (kind == FrameKind.CONTINUATION) != (self._fragments is not None):
            self.close(CloseCode.PROTOCOL_ERROR, "fragments of a message are out of order")
            return
        fragments = self._fragments or []
        self._fragments_bytes += len(payload)
        if self._fragments_bytes > self.limits.message_bytes_max:
            most = self.limits.message_bytes_max
            self.close(CloseCode.MESSAGE_TOO_BIG, f"a message has at most {most} bytes")
            return
        fragments.append(payload)
        if not final:
            self._fragments = fragments
            return
        self._fragments, self._fragments_bytes = None, 0
        self._take_message(b"".join(fragments))

    def _take_message(self, message: bytes) -> None:
        if message == PING:
            if self._may_answer():
                self.wire.send(PONG)
            return
        if not self._may_answer():
            self.close(CloseCode.TRY_AGAIN_LATER, "messages are sent but answers are not read")
            return
        try:
            message.decode()
        except UnicodeDecodeError:
            self.close(CloseCode.INVALID_TEXT, "a text message must be UTF-8")
            return
        self.received(message)


def malformed(expected: str) -> Rejected:
    """Return the refusal of a message that does not have the form *expected*."""
    return Rejected(Reject.MALFORMED, expected=expected)
