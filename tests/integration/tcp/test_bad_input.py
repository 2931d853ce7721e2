"""Whatever comes over a socket: a clear refusal or an end with a reason; nobody else is hurt."""

import resource
import socket
import struct
from pathlib import Path
from random import Random

import pytest
from tests.support.tcp_engine import Client, Hosted, hosted, process, until
from tests.support.tcp_records import cancel_all, framed, place, read

from outcry_wire import records, tcp
from outcry_wire.tcp import Message


@pytest.fixture(scope="module")
def engine() -> object:
    """One engine for all; each test uses accounts of its own."""
    with hosted(logon_ms_max=60_000) as running:
        yield running


def raw(*fields: int) -> bytes:
    """Return a frame with one record of 40 bytes whose type and length are as given."""
    return b"\0\0\0\x28" + struct.pack("<BBHI", fields[0], 0, fields[1], 1) + bytes(32)


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\xff\xff\xff\xff",
        b"\0\0\0\0",
        b"\0\0\0\x21" + bytes(33),
        b"\x00\x01\x00\x08",
        raw(1, 88),
        raw(2, 7),
        raw(2, 48),
        framed(place(1, 1))[:-8] + b"\0" * 8 + b"\xff" * 4,
    ],
    ids=[
        "http",
        "giant",
        "empty",
        "odd",
        "too-long",
        "over-the-end",
        "tiny",
        "past",
        "then-garbage",
    ],
)
def test_what_is_no_frame_ends_the_connection_with_a_reason(engine: Hosted, data: bytes) -> None:
    """After a logon, bytes that are not frames of records are answered with GOODBYE 113."""
    with engine.client(1) as client:
        client.say(framed(cancel_all(client.accepted[2] + 1)) + data)
        *_, (name, fields) = client.rest()
        assert (name, fields[0]) == ("GOODBYE", 113)


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"\0\1\0\0",
        framed(place(1, 1)),
        tcp.frame(tcp.HEARTBEAT.pack(Message.HEARTBEAT, 0, 32, 0, 0, 0, 0)),
        raw(128, 40),
        raw(250, 40),
        tcp.frame(records.TICK.pack(6, 0, 32, 0, 1, 0, 0)),
    ],
    ids=["http", "giant", "order", "heartbeat", "short-logon", "unknown", "tick"],
)
def test_a_logon_must_come_first(engine: Hosted, data: bytes) -> None:
    """Anything before it is refused with 115, and nothing of it is carried out."""
    with Client(engine.port) as client:
        client.say(data)
        ((name, fields),) = client.rest()
        assert (name, fields[0]) == ("LOGON_REFUSED", 115)


def test_records_that_are_not_understood_are_refused_by_their_type(engine: Hosted) -> None:
    """A type that no client may send is named in the answer; the connection goes on."""
    with engine.client(2) as client:
        head = struct.pack("<BBHIqqq", 0, 0, 40, 1, 1, 0, 0) + bytes(8)
        for turn, kind in enumerate((0, 6, 7, 10, 64, 67, 127), 1):
            record = bytes([kind]) + head[1:8] + turn.to_bytes(8, "little") + head[16:]
            client.say(tcp.frame(record))
            assert client.told(1) == [("COMMAND_REJECTED", (0, 812, kind))]
        for kind in (135, 160, 168, 255):
            client.say(raw(kind, 40))
            assert client.told(1) == [("MESSAGE_REFUSED", (812, kind))]
        client.say(framed(cancel_all(8)))
        assert client.told(1)[0][0] == "COMMAND_DONE"


def test_a_second_logon_ends_the_connection(engine: Hosted) -> None:
    """LOGON is the first message and no other."""
    with engine.client(3) as client:
        client.say(client.logon(3))
        assert client.rest()[0][1][0] == 115


def test_silence_before_the_logon_and_after_it_ends() -> None:
    """Who does not log on, or says nothing for three heartbeats, is told why and closed."""
    with (
        hosted(logon_ms_max=100, heartbeat_ms_max=1_000) as impatient,
        Client(impatient.port) as mute,
        impatient.client(4) as idle,
    ):
        names = [(name, fields and fields[0]) for name, fields in idle.rest()]
        assert mute.rest()[0][1][0] == 116
        assert names[-1] == ("GOODBYE", 117)
        assert ("HEARTBEAT", ()) in names


def test_leaving_in_the_middle_of_a_frame_leaves_nothing(engine: Hosted) -> None:
    """Half an order is no order; the session's next connection starts with a clean buffer."""
    data = framed(place(1, 1))
    for stop in (1, 4, 5, 40, len(data) - 1):
        with engine.client(5) as client:
            client.say(data[:stop])
    with engine.client(5) as client:
        assert client.accepted[2:4] == (0, 0)
        client.say(data)
        assert client.told(1)[0][0] == "ORDER_PLACED"
        client.say(framed(cancel_all(2)))
        client.records(2)


def test_too_many_connections_are_turned_away() -> None:
    """One more than the limit is refused with the reason; when one has left, another may come."""
    with hosted(connections_max=3) as small:
        clients = [small.client(number) for number in (1, 2, 3)]
        with socket.create_connection(("127.0.0.1", small.port), 10) as late:
            ((name, fields),) = read(late.recv(1 << 16))
            assert (name, fields[0]) == ("LOGON_REFUSED", 112)
        clients[0].close()
        until(lambda: small.ask(lambda: len(small.engine.connections)) == 2)
        clients[0] = small.client(1)
        for client in clients:
            client.close()


def test_a_reader_that_does_not_read_is_cut_off_and_told_next_time() -> None:
    """Others trade on; the slow one is closed, and its next logon says why."""
    with hosted(unread_bytes_high=1 << 16, unread_bytes_max=1 << 18) as engine:
        slow, busy = engine.client(1), engine.client(2)
        slow.say(framed(place(1, 1, qty=1_000_000)))
        seq = 0
        while engine.ask(lambda: engine.engine.endings["READER_SLOW"]) == 0:
            assert seq < 500_000
            busy.say(framed(*[place(seq + n, seq + n, side=1) for n in range(1, 501)]))
            busy.records(500)
            seq += 500
        with engine.client(1) as back:
            assert back.accepted[-1] == 118
        slow.close()
        busy.close()


def test_commands_above_the_rate_wait_and_are_not_lost() -> None:
    """A burst of more than a second's worth is answered in full, later."""
    with hosted(rate_max=2_000) as engine, engine.client(1) as client:
        assert client.accepted[6] == 2_000
        for seq in range(1, 2_501, 500):
            client.say(framed(*[place(number, number) for number in range(seq, seq + 500)]))
        assert len(client.records(2_500)) == 2_500


def test_noise_hurts_nobody_else(engine: Hosted) -> None:
    """Thousands of random and broken inputs later, another session trades as if alone."""
    random = Random(20)
    with engine.client(6) as calm:
        for turn in range(150):
            with Client(engine.port) as noisy:
                if turn % 2:
                    noisy.say(noisy.logon(7, turn))
                    noisy.records(1)
                order = framed(place(1, 1), place(2, 2))
                for _ in range(random.randint(1, 4)):
                    spoilt = bytearray(order)
                    for _ in range(random.randint(1, 6)):
                        spoilt[random.randrange(len(spoilt))] = random.randrange(256)
                    cut = random.randint(0, len(spoilt))
                    try:
                        noisy.say(
                            random.choice(
                                [bytes(spoilt), bytes(spoilt[:cut]), random.randbytes(64)]
                            )
                        )
                    except OSError:
                        break
        calm.say(framed(place(1, 1, instrument=2, price=1_000_000), cancel_all(2)))
        assert [name for name, _ in calm.told(3)] == [
            "ORDER_PLACED",
            "ORDER_CANCELLED",
            "COMMAND_DONE",
        ]
    engine.ask(engine.engine.room.engine.check)


def test_idle_connections_cost_little_and_disturb_nobody() -> None:
    """Hundreds of them, logged on or not, come and go while one trades."""
    with hosted() as engine:
        port = engine.port
        idle = [engine.client(8, number) if number % 2 else Client(port) for number in range(400)]
        with engine.client(9) as busy:
            for seq in range(1, 200, 2):
                busy.say(framed(place(seq, seq), cancel_all(seq + 1)))
                busy.records(3)
        for client in idle:
            client.close()
        until(lambda: engine.ask(lambda: len(engine.engine.connections)) == 0)


def test_more_connections_than_the_usual_bound_of_files(tmp_path: Path) -> None:
    """An engine that is started with room for few files takes all that the system grants."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (120, hard))
    with process(tmp_path, "--keys", "none") as running:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        clients = [Client(running.port, account) for account in range(1, 201)]
        for client in clients:
            client.socket.close()
