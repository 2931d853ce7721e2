"""The inner loop on sockets, interpreted and compiled: what it serves, and what it hands on."""

import socket
import time
from collections.abc import Iterator
from random import Random
from selectors import EVENT_READ, EVENT_WRITE, DefaultSelector
from typing import Any

import pytest
from tests.support.tcp_records import cancel, framed, numbers, place, read, unframed
from tests.unit.kernel_sessions.test_sessions import TWINS, A, B, House

from outcry.services.gateway import pump as interpreted_pump
from outcry_wire import tcp


class Line:
    """A connection that writes down how it is called."""

    def __init__(self, rest: bytes = b"") -> None:
        self.calls: list[tuple[Any, ...]] = []
        self.rest = rest

    def take_over(self, start: int, stop: int) -> bytes:
        self.calls.append(("take_over", start, stop))
        return self.rest

    def __getattr__(self, name: str) -> Any:
        return lambda *terms: self.calls.append((name, *terms))


class Bench:
    """A pump with the sessions A and B on two socket pairs."""

    def __init__(self, twin: str) -> None:
        self.house = House(TWINS[twin])
        self.house.desk.keep_most(1 << 16)
        module: Any = interpreted_pump if twin == "interpreted" else TWINS[twin][0]
        self.failed: list[Exception] = []
        self.poll = DefaultSelector()
        poll = self.poll.fileno() if hasattr(self.poll, "fileno") else -1
        self.pump = module.Pump(poll, self.failed.append)
        self.pump.attach(self.house.desk)
        self.ours: dict[int, socket.socket] = {}
        self.theirs: dict[int, socket.socket] = {}
        self.lines: dict[int, Line] = {}
        for session in (A, B):
            ours, theirs = socket.socketpair()
            ours.setblocking(False)
            theirs.setblocking(False)
            self.ours[session], self.theirs[session] = ours, theirs
            self.lines[session] = Line()
            self.poll.register(ours, EVENT_READ)
            self.pump.add(ours.fileno(), self.lines[session])
            self.pump.serve(ours.fileno(), session, b"")

    def turn(self) -> list[tuple[int, int]]:
        """Serve what is ready now; return what is somebody else's."""
        found = self.pump.wait(0)
        if found is None:
            ready = self.poll.select(0)
            found = self.pump.take([(key.fd, events) for key, events in ready])
        assert self.failed == []
        return list(found)

    def say(self, session: int, data: bytes) -> list[str]:
        """Let a session say something; return the names of what comes back at once."""
        self.theirs[session].sendall(data)
        self.turn()
        return self.heard(session)

    def heard(self, session: int) -> list[str]:
        """Return the names of what came to a session."""
        try:
            data = self.theirs[session].recv(1 << 20)
        except BlockingIOError:
            return []
        return [name for name, _ in read(data)]

    def number(self, session: int) -> int:
        """Return the descriptor that the pump knows a session by."""
        return self.ours[session].fileno()

    def close(self) -> None:
        """Close everything."""
        for sock in (*self.ours.values(), *self.theirs.values()):
            sock.close()
        self.poll.close()


@pytest.fixture(params=list(TWINS))
def bench(request: pytest.FixtureRequest) -> Iterator[Bench]:
    """Each twin in turn."""
    made = Bench(request.param)
    yield made
    made.close()


def test_commands_are_answered_and_makers_told_without_a_call_of_python(bench: Bench) -> None:
    """An order rests, another session's fills it; both hear of it and neither line is called."""
    assert bench.say(A, framed(place(1, 1, price=5000, qty=3))) == ["ORDER_PLACED"]
    assert bench.say(B, framed(place(1, 1, side=1, price=4900, qty=2))) == ["FILL"]
    assert bench.heard(A) == ["FILL"]
    assert [line.calls for line in bench.lines.values()] == [[], []]
    heard_us, spoke_us = bench.pump.times(bench.number(A))
    assert spoke_us >= heard_us > 0


def test_any_cut_of_the_bytes_leads_to_the_same_answers(bench: Bench) -> None:
    """Frames that come in pieces of any size are answered as if they came at once."""
    data = b"".join(framed(place(seq, seq, price=100 * seq)) for seq in range(1, 41))
    random, at, names = Random(7), 0, []
    while at < len(data):
        size = random.choice((1, 3, 50, 91, 92, 93, 200))
        names += bench.say(A, data[at : at + size])
        at += size
    assert names == ["ORDER_PLACED"] * 40


def test_half_a_frame_that_came_before_is_not_lost(bench: Bench) -> None:
    """What a connection had read before it was served is the begin of what comes next."""
    data = framed(place(1, 1))
    bench.pump.serve(bench.number(A), A, data[:30])
    assert bench.say(A, data[30:]) == ["ORDER_PLACED"]


def test_messages_and_faults_are_handed_on_behind_the_commands_before_them(bench: Bench) -> None:
    """Commands are answered; what is no command is the line's own, from where it begins."""
    order = framed(place(1, 1))
    beat = tcp.frame(tcp.HEARTBEAT.pack(tcp.Message.HEARTBEAT, 0, 32, 0, 0, 0, 0))
    bench.lines[A].rest = beat[:5]
    assert bench.say(A, order + beat + beat[:5]) == ["ORDER_PLACED"]
    assert bench.lines[A].calls == [("take_over", len(order), len(order + beat) + 5)]
    bench.say(A, beat[5:])
    assert bench.lines[A].calls[1:] == [("take_over", 0, len(beat))]
    assert bench.say(B, order + b"\xff" * 8) == ["ORDER_PLACED"]
    assert bench.lines[B].calls == [("end_invalid",)]


def test_everything_is_handed_on_while_the_pump_may_not_carry_out(bench: Bench) -> None:
    """With a journal or a drop copy each read is Python's, and nothing is carried out here."""
    bench.pump.is_allowed = False
    assert bench.say(A, framed(place(1, 1))) == []
    assert bench.lines[A].calls == [("take_over", 0, 92)]
    assert bench.house.desk.session(A)[2] == 0


def test_nothing_overtakes_what_waits_in_python(bench: Bench) -> None:
    """Answers and fills of a connection that is held go to its line, in their order."""
    bench.say(A, framed(place(1, 1)))
    bench.pump.hold(bench.number(A), True)
    assert bench.say(A, framed(place(2, 2))) == []
    assert bench.say(B, framed(place(1, 1, side=1))) == ["FILL"]
    (put, soon) = bench.lines[A].calls
    assert [(put[0], read(put[1])[0][0]), (soon[0], read(soon[1])[0][0])] == [
        ("put", "ORDER_PLACED"),
        ("put_soon", "FILL"),
    ]
    bench.pump.hold(bench.number(A), False)
    assert bench.say(A, framed(cancel(3, 2))) == ["ORDER_CANCELLED"]


def test_what_the_system_does_not_take_is_kept_in_order(bench: Bench) -> None:
    """Answers that no longer fit the socket are the line's to send, byte for byte."""
    bench.ours[A].setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    seq, sent = 0, b""
    while not bench.lines[A].calls:
        orders = [place(seq + turn, seq + turn, price=100) for turn in range(1, 51)]
        seq += 50
        bench.theirs[A].sendall(framed(*orders))
        bench.turn()
    while len(sent) < 64:
        sent += bench.theirs[A].recv(1 << 20)
    ((name, rest),) = bench.lines[A].calls
    assert name == "keep"
    assert [kind for kind, _ in read(sent + rest)] == ["ORDER_PLACED"] * seq


def test_the_end_of_a_connection_and_other_descriptors_are_told(bench: Bench) -> None:
    """A line hears that its client has gone; what nobody added is the loop's own."""
    bench.theirs[A].close()
    other, end = socket.socketpair()
    with other, end:
        bench.poll.register(other, EVENT_READ | EVENT_WRITE)
        assert bench.turn() == [(other.fileno(), EVENT_WRITE)]
    assert bench.lines[A].calls == [("lost",)]
    bench.pump.remove(bench.number(A))
    bench.say(B, framed(place(1, 1)))
    assert bench.lines[A].calls == [("lost",)]


def test_a_failure_of_one_line_is_reported_and_stops_nobody(bench: Bench) -> None:
    """What a line raises goes where the loop wants it; the others of the round are served."""

    def fail(*_: object) -> bytes:
        raise ValueError("broken")

    bench.lines[A].take_over = fail  # type: ignore[assignment,method-assign]
    beat = tcp.frame(tcp.HEARTBEAT.pack(tcp.Message.HEARTBEAT, 0, 32, 0, 0, 0, 0))
    bench.theirs[A].sendall(beat)
    bench.theirs[B].sendall(framed(place(1, 1)))
    found = bench.pump.wait(0)
    if found is None:
        bench.pump.take([(key.fd, events) for key, events in bench.poll.select(0)])
    assert [str(error) for error in bench.failed] == ["broken"]
    assert bench.heard(B) == ["ORDER_PLACED"]


def test_an_own_order_that_expired_is_told_before_the_answers(bench: Bench) -> None:
    """Messages go out, and are kept, in the order of their numbers."""
    expires_us = 2 * time.time_ns() // 1_000
    bench.say(A, framed(place(1, 1, price=100, tif=1, expire_at_us=expires_us)))
    bench.house.desk.time_us = expires_us + 1
    bench.theirs[A].sendall(framed(*(place(seq, seq) for seq in (2, 3, 4))))
    bench.turn()

    told = bench.theirs[A].recv(1 << 20)
    assert [name for name, _ in read(told)] == ["ORDER_CANCELLED"] + ["ORDER_PLACED"] * 3
    assert numbers(unframed(bench.house.desk.kept(A))) == [1, 2, 3, 4, 5]


def test_commands_are_counted_only_when_asked_for(bench: Bench) -> None:
    """A line that may be throttled is told how many commands each read brought."""
    bench.pump.is_counting = True
    assert bench.say(A, framed(place(1, 1), place(2, 2))) == ["ORDER_PLACED"] * 2
    assert bench.lines[A].calls == [("spend", 2)]


def test_what_a_session_was_told_is_kept_up_to_its_limit(bench: Bench) -> None:
    """A ring keeps whole frames, the newest, over any number of turns, and forgets the others."""
    desk = bench.house.desk
    desk.keep_most(1_000)
    random, told, kept = Random(3), b"", b""
    for seq in range(1, 400):
        frame = framed(*[place(seq, seq)] * random.randint(1, 4))
        told += frame
        desk.keep(A, frame)
        kept = desk.kept(A)
        assert len(kept) <= 1_000
        assert told.endswith(kept)
        assert desk.oldest(A) == int.from_bytes(kept[12:20], "little")
    assert len(kept) > 500
    desk.keep(A, framed(place(7, 7)) * 30)
    assert desk.kept(A) == framed(place(7, 7)) * 10
    desk.keep(A, framed(*[place(8, 8)] * 30))
    assert (desk.kept(A), desk.oldest(A)) == (b"", 0)
