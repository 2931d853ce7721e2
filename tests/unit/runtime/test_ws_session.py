"""What a session does when its client does not read; everything else is tested over sockets."""

import pytest
from tests.support.wires import FakeWire

from outcry.runtime.config import Limits
from outcry.runtime.ws_session import FrameKind, Session, SessionLimits


LIMITS = SessionLimits(backlog_bytes_max=100)


class Listening(Session):
    """A session that remembers what it heard."""

    heard: list[bytes]

    def opened(self) -> None:
        """Begin to listen."""
        self.heard = []

    def received(self, message: bytes) -> None:
        """Remember."""
        self.heard.append(message)


@pytest.fixture
def wire() -> FakeWire:
    """Give a connection."""
    return FakeWire()


@pytest.fixture
def session(wire: FakeWire) -> Listening:
    """Give an open session on it."""
    made = Listening(wire, LIMITS, 0.0)
    made.opened()
    return made


def say(session: Session, text: bytes, now: float = 0.0) -> None:
    """Send one text frame."""
    session.on_frame(FrameKind.TEXT, text, final=True, now=now)


@pytest.mark.parametrize(("backlog", "answers"), [(0, 1), (200, 1), (201, 0)])
def test_pings_are_answered_up_to_a_bound(
    wire: FakeWire, session: Listening, backlog: int, answers: int
) -> None:
    """Beyond twice the backlog limit pings of both kinds go unanswered, but count as life."""
    wire.backlog_bytes = backlog
    say(session, b"ping", 59.0)
    session.on_frame(FrameKind.PING, b"x", final=True, now=59.0)
    session.on_clock(100.0)
    assert len(wire.sent) == len(wire.pongs) == answers
    assert wire.closed is None


def test_who_asks_without_reading_is_disconnected(wire: FakeWire, session: Listening) -> None:
    """Requests are taken while there is room for answers, and end the connection beyond."""
    wire.backlog_bytes = 200
    say(session, b"one")
    wire.backlog_bytes = 201
    say(session, b"two")
    say(session, b"three")
    assert session.heard == [b"one"]
    assert wire.closed == (1013, "messages are sent but answers are not read")


def test_the_rate_is_counted_by_the_second(wire: FakeWire) -> None:
    """As many messages as allowed pass in each second, whatever the seconds before had."""
    session = Listening(wire, SessionLimits(messages_per_second_max=3), 0.0)
    session.opened()
    for now in (1.0, 1.3, 1.9, 2.0, 2.1, 2.2):
        say(session, b"hi", now)
    assert len(session.heard) == 6
    say(session, b"hi", 2.3)
    assert wire.closed == (1008, "more than 3 messages in a second")


def test_the_first_reason_of_a_close_stands(wire: FakeWire, session: Listening) -> None:
    """After a close nothing is heard and no second goodbye is said."""
    session.on_frame(FrameKind.BINARY, b"", final=True, now=0.0)
    say(session, b"hello")
    session.on_clock(1_000.0)
    assert session.heard == []
    assert wire.closed == (1003, "this feed speaks text; send JSON as text")


def test_an_operators_limits_are_taken() -> None:
    """What the configuration calls silence and buffer bounds a session."""
    limits = SessionLimits.of(Limits(feed_silence_ms_max=9_000, feed_buffer_bytes_max=5_000))
    assert (limits.ping_after_seconds, limits.heartbeat_seconds) == (3.0, 9.0)
    assert limits.backlog_bytes_max == 5_000
