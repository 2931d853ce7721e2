"""Sessions on the kernel: bytes of clients in, bytes for clients out, on both twins."""

import importlib
from random import Random
from types import ModuleType
from typing import Any

import pytest
from tests.support.tcp_records import (
    add_instrument,
    cancel,
    cancel_all,
    framed,
    numbers,
    place,
    read,
    reduce,
    replace,
    unframed,
)

from outcry.kernel import _twin
from outcry_wire import records, tcp


def _twins() -> dict[str, tuple[ModuleType, ModuleType]]:
    pure = (_twin.interpreted(), importlib.import_module("outcry.kernel.sessions"))
    try:
        unit = _twin.compiled()
    except _twin.NotCompiledError:
        return {"interpreted": pure}
    return {"interpreted": pure, "compiled": (unit, unit)}


TWINS = _twins()
A, B, C = 1, 2, 3


class House:
    """A session engine: market 1, future 2, three sessions of which A and C share an account."""

    def __init__(self, modules: tuple[ModuleType, ModuleType]) -> None:
        engine_module, sessions_module = modules
        self.engine: Any = engine_module.Engine()
        self.desk: Any = sessions_module.SessionEngine(self.engine)
        self.source = bytearray(1 << 17)
        self.desk.bind(self.source)
        self.desk.carry_out(add_instrument(1) + add_instrument(2, kind=1, seq=2))
        for account in (11, 12, 11):
            self.desk.open(account, account)

    def take(self, session: int, data: bytes, time_us: int = 1_000) -> bytes:
        """Let a session say *data*; return its answers."""
        self.source[: len(data)] = data
        answers: bytes = self.desk.take(session, 0, len(data), time_us)
        return answers


@pytest.fixture(params=list(TWINS))
def house(request: pytest.FixtureRequest) -> House:
    """A house of each twin."""
    return House(TWINS[request.param])


def test_an_order_rests_trades_and_both_sides_are_told(house: House) -> None:
    """A fill goes to the taker as an answer and to the maker aside, each with its own order id."""
    placed = house.take(A, framed(place(1, 7, price=6000, qty=5)))
    assert read(placed) == [("ORDER_PLACED", (7, 6000, 5, 0, 0))]
    taken = house.take(B, framed(place(1, 9, side=1, price=5000, qty=8)))
    trade_id = 4  # two instruments and an order came first
    assert read(taken) == [
        ("FILL", (trade_id, 9, 6000, 5, 3, 0, 0, 0, 0, 0, 1)),
        ("ORDER_PLACED", (9, 5000, 3, 0, 1)),
    ]
    ((session, told),) = house.desk.aside()
    assert session == A
    assert read(told) == [("FILL", (trade_id, 7, 6000, 5, 0, 0, 0, 0, 1, 0, 0))]
    assert numbers(unframed(told)) == [2]
    assert house.desk.aside() == []


def test_every_command_in_turn(house: House) -> None:
    """Reduce, replace, cancel and cancel-all are answered in their order, numbered gap-free."""
    answers = house.take(
        A,
        framed(
            place(1, 1, qty=9), reduce(2, 1, 2), replace(3, 1, 5100, 4), cancel(4, 1), cancel(5, 1),
            place(6, 2), cancel_all(7),
        ),
    )  # fmt: skip
    assert [name for name, _ in read(answers)] == [
        *("ORDER_PLACED", "ORDER_REDUCED", "ORDER_REPLACED", "ORDER_PLACED", "ORDER_CANCELLED"),
        *("COMMAND_REJECTED", "ORDER_PLACED", "ORDER_CANCELLED", "COMMAND_DONE"),
    ]
    assert numbers(unframed(answers)) == list(range(1, 10))
    assert house.desk.taken == 7
    assert house.desk.session(A) == (11, 11, 7, 2, 9)


@pytest.mark.parametrize(
    ("command", "reject"),
    [
        (place(3, 9), 709),
        (place(1, 9), 709),
        (place(2, 5), 416),
        (place(2, 4), 416),
        (place(2, 0), 415),
        (place(2, -1), 415),
        (place(2, 1 << 40), 415),
        (place(2, 9, account=12), 206),
        (place(2, 9, instrument=77), 307),
        (place(2, 9, price=5001), 405),
    ],
)
def test_orders_that_are_refused(house: House, command: bytes, reject: int) -> None:
    """A new order that may not be is refused with its own id, by us or by the kernel."""
    house.take(A, framed(place(1, 5)))
    order_id = records.PLACE_ORDER.unpack(command)[7]
    assert read(house.take(A, framed(command))) == [("ORDER_REJECTED", (order_id, reject))]
    assert house.engine.order_count == 1


@pytest.mark.parametrize(
    ("command", "reject"),
    [
        (cancel(2, 6), 306),
        (cancel(2, 0), 306),
        (cancel(2, 5 | 2 << 40), 306),
        (cancel(2, 5, account=12), 206),
        (cancel(9, 5), 709),
        (records.TICK.pack(6, 0, 32, 0, 2, 0, 0), 812),
        (records.TICK.pack(0, 0, 32, 0, 2, 0, 0), 812),
        (records.CANCEL_ORDER.pack(1, 0, 40, 0, 2, 0, 0, 5), 812),
    ],
)
def test_other_commands_that_are_refused(house: House, command: bytes, reject: int) -> None:
    """Whatever else may not be is refused with the type it had, and nothing changes."""
    house.take(A, framed(place(1, 5)))
    (name, fields), *rest = read(house.take(A, framed(command)))
    assert rest == []
    expected = "ORDER_REJECTED" if command[0] == 1 else "COMMAND_REJECTED"
    assert (name, fields[1]) == (expected, reject)
    assert house.engine.order_count == 1


def test_nobody_reaches_orders_of_another_session(house: House) -> None:
    """The same number is another order for another session, also of the same account."""
    house.take(A, framed(place(1, 5)))
    for other in (B, C):
        assert read(house.take(other, framed(cancel(1, 5)))) == [("COMMAND_REJECTED", (5, 306, 2))]
    assert house.engine.order_count == 1


def test_what_a_client_says_of_time_and_group_is_not_heard(house: House) -> None:
    """Account, self-trade group, number and time in the books are the session's and ours."""
    record = bytearray(place(1, 5))
    record[16:24] = (999).to_bytes(8, "little")  # time_us
    record[40:48] = (12).to_bytes(8, "little")  # stp_group
    answers = house.take(A, framed(bytes(record)), 1_234)
    assert records.HEADER.unpack_from(unframed(answers)[0])[5:] == (1_234, 11)
    ((order_id, account, group, *_),) = house.engine.orders(1)
    assert (order_id, account, group) == (A << 40 | 5, 11, 11)


def test_cancelling_a_session_leaves_its_account_alone(house: House) -> None:
    """Only the orders of that session go, oldest first, and it is told aside."""
    house.take(A, framed(place(1, 1), place(2, 2, price=4000)))
    house.take(C, framed(place(1, 1, price=3000)))
    assert house.desk.cancel(A, 2_000) == 2
    ((session, told),) = house.desk.aside()
    assert session == A
    assert [fields[0] for _, fields in read(told)] == [1, 2]
    assert [order[0] >> 40 for order in house.engine.orders(1)] == [C]


def test_expiries_come_before_what_comes_after_them(house: House) -> None:
    """An order whose time is up is gone before the command that would have met it."""
    house.take(A, framed(place(1, 1, tif=1, expire_at_us=5_000)), 4_000)
    answers = house.take(B, framed(place(1, 1, side=1)), 5_000)
    assert [name for name, _ in read(answers)] == ["ORDER_PLACED"]
    ((session, told),) = house.desk.aside()
    assert session == A
    assert read(told) == [("ORDER_CANCELLED", (1, 5000, 1, 0, 0, 0, 6))]


def test_long_answers_are_cut_into_frames(house: House) -> None:
    """Answers and asides of more than a frame holds come in several, none of them too long."""
    for turn in range(4):
        first = 1 + 500 * turn
        orders = [place(seq, seq) for seq in range(first, first + 500)]
        house.take(A, framed(*orders))
    answers = house.take(B, framed(place(1, 1, side=1, qty=2_000)))
    ((_, told),) = house.desk.aside()
    for data in (answers, told):
        assert len(data) > 2 * tcp.FRAME_MAX
        assert len(unframed(data)) == 2_000


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"\0\0\0\0", 1),
        (b"\0\0\0\x18" + bytes(24), 1),
        (b"\0\0\0\x25" + bytes(37), 1),
        (b"\0\1\0\x08", 1),
        (b"GET / HTTP/1.1\r\n\r\n", 1),
        (b"\0\0\0\x20" + bytes(32), 2),
        (b"\0\0\0\x20" + cancel(1, 1)[:32], 2),
        (b"\0\0\0\x30" + cancel(1, 1) + bytes(8), 2),
    ],
)
def test_bytes_that_are_no_frames(house: House, data: bytes, fault: int) -> None:
    """What cannot be cut into records ends the reading, and says which of the two it was."""
    house.take(A, data)
    assert house.desk.fault == fault


def test_half_a_frame_waits(house: House) -> None:
    """Bytes that are not a whole frame yet are left alone, however few are missing."""
    data = framed(place(1, 1))
    for stop in range(len(data)):
        assert house.take(A, data[:stop]) == b""
        assert (house.desk.consumed, house.desk.fault) == (0, 0)
    assert house.take(A, data) != b""


def test_a_message_of_the_session_is_left_to_others(house: House) -> None:
    """Reading stops before a frame that begins with one, with the commands before it done."""
    beat = tcp.frame(tcp.HEARTBEAT.pack(tcp.Message.HEARTBEAT, 0, 32, 0, 0, 0, 0))
    orders = framed(place(1, 1))
    house.take(A, orders + beat + framed(place(2, 2)))
    assert (house.desk.consumed, house.desk.has_message) == (len(orders), True)
    assert house.engine.order_count == 1


def test_public_records(house: House) -> None:
    """Fills and changed books are noted once, only while somebody watches."""
    house.take(A, framed(place(1, 1, qty=2)))
    assert (house.desk.changed(), house.desk.trades()) == ([], b"")
    house.desk.watch(trades=True, books=True)
    house.take(
        B,
        framed(
            place(1, 1, side=1), place(2, 2, price=7, qty=9, instrument=2), place(3, 3, price=1)
        ),
    )
    assert house.desk.changed() == [1, 2]
    assert house.desk.changed() == []
    (trade,) = tcp.records_in(house.desk.trades())
    assert tcp.TRADE.unpack(trade)[7:] == (4, 5000, 1, 0, 0, 1)
    assert house.desk.trades() == b""


def test_a_public_fill_has_the_number_of_the_command_that_made_it(house: House) -> None:
    """However many commands are carried out behind it at once."""
    house.desk.watch(trades=True, books=False)
    house.take(A, framed(place(1, 1, qty=2)))
    behind = [place(seq, seq, price=1) for seq in range(2, 60)]
    house.take(B, framed(place(1, 1, side=1), *behind))
    (trade,) = tcp.records_in(house.desk.trades())
    fields = tcp.TRADE.unpack(trade)
    assert fields[4] == fields[7]


def stream(random: Random, length: int) -> list[tuple[int, bytes]]:
    """Return frames of three sessions, some of them wrong."""
    seqs, frames = [0, 0, 0, 0], []
    for _ in range(length):
        session = random.randint(1, 3)
        commands = []
        for _ in range(random.randint(1, 6)):
            seqs[session] += random.choice([1] * 30 + [0, 2])
            seq, known = seqs[session], random.randint(1, seqs[session] + 1)
            roll = random.random()
            if roll < 0.6:
                price = 100 * random.randint(45, 55)
                more = {"outcome": random.randint(0, 1), "instrument": random.choice([1, 1, 2, 3])}
                order = place(seq, seq, side=random.randint(0, 1), price=price, qty=3, **more)
                commands.append(order)
            elif roll < 0.9:
                kind = random.choice(
                    [cancel(seq, known), reduce(seq, known, 1), replace(seq, known, 5000, 4)]
                )
                commands.append(kind)
            else:
                commands.append(
                    random.choice([cancel_all(seq), records.TICK.pack(6, 0, 32, 0, seq, 0, 0)])
                )
        frames.append((session, framed(*commands)))
    return frames


def run(
    house: House, frames: list[tuple[int, bytes]], random: Random | None
) -> dict[int, list[bytes]]:
    """Return what each session is told; with *random*, bytes come in pieces of any length."""
    told: dict[int, list[bytes]] = {A: [], B: [], C: []}
    for session, data in frames:
        kept = b""
        while data:
            size = random.randint(1, len(data)) if random else len(data)
            kept, data = kept + data[:size], data[size:]  # noqa: PLW2901 - the rest of it
            told[session] += unframed(house.take(session, kept))
            kept = kept[house.desk.consumed :]
            for other, aside in house.desk.aside():
                told[other] += unframed(aside)
        assert kept == b""
    return told


@pytest.mark.parametrize("seed", range(6))
def test_cuts_and_twins_agree(seed: int) -> None:
    """However the bytes are cut, on either twin, each session is told the same, without a gap."""
    frames = stream(Random(seed), 120)
    houses = [House(modules) for modules in TWINS.values()]
    whole = [run(house, frames, None) for house in houses]
    cut = [run(House(modules), frames, Random(seed)) for modules in TWINS.values()]
    assert all(other == whole[0] for other in whole + cut)
    for session, found in whole[0].items():
        assert numbers(found) == list(range(1, len(found) + 1))
        assert houses[0].desk.session(session)[4] == len(found)
    assert len({house.engine.state_hash() for house in houses}) == 1
    houses[0].engine.check()


def test_the_same_orders_without_sessions_give_the_same_books(house: House) -> None:
    """Commands that a plain engine is given directly lead to the same state, fill by fill."""
    frames = [
        (A, framed(place(1, 1, qty=5))),
        (B, framed(place(1, 1, side=1, qty=3), cancel(2, 1))),
    ]
    run(house, frames, None)
    direct = type(house.engine)()
    direct.process(add_instrument(1) + add_instrument(2, kind=1, seq=2))
    seq = 2
    for session, account, order in (
        (A, 11, place(1, 1, qty=5)),
        (B, 12, place(1, 1, side=1, qty=3)),
    ):
        seq += 1
        fields = list(records.PLACE_ORDER.unpack(order))
        fields[4], fields[5], fields[6] = seq, 1_000, account
        fields[7], fields[8] = session << 40 | 1, account
        direct.process(records.PLACE_ORDER.pack(*fields))
    direct.process(records.CANCEL_ORDER.pack(2, 0, 40, 0, seq + 1, 1_000, 12, B << 40 | 1))
    assert direct.state_hash() == house.engine.state_hash()


def test_what_cannot_be_asked(house: House) -> None:
    """Unknown sessions and ranges outside the source raise, and nothing is carried out."""
    for session in (0, 4, -1):
        with pytest.raises(IndexError):
            house.desk.take(session, 0, 0, 1)
    for start, stop in ((-1, 4), (8, 4), (0, 1 << 18)):
        with pytest.raises(ValueError, match="range"):
            house.desk.take(A, start, stop, 1)


def test_every_one_of_many_sessions_starts_at_nothing(house: House) -> None:
    """However many were opened before, a session's first order is its first."""
    for account in range(100, 700):
        session = house.desk.open(account, 0)
        assert house.desk.session(session) == (account, 0, 0, 0, 0)
        assert read(house.take(session, framed(place(1, 1))))[0][0] == "ORDER_PLACED"


def test_one_answer_to_each_command_is_marked_the_last(house: House) -> None:
    """However many facts a command has, and whoever else is told of them."""
    house.take(A, framed(place(1, 1, qty=2), place(2, 2, qty=5)))
    marked = unframed(house.take(B, framed(place(1, 1, side=1, qty=3), cancel(2, 9))))
    assert [(record[0], record[1] & 1) for record in marked] == [(168, 0), (168, 1), (66, 1)]
    ((_, told),) = house.desk.aside()
    assert [record[1] & 1 for record in unframed(told)] == [0, 0]
    own = unframed(house.take(A, framed(place(3, 3, side=1, qty=1), cancel_all(4))))
    assert [(record[0], record[1] & 1) for record in own] == [
        *((68, 1), (68, 0), (74, 1)),
    ]


def test_resumed_sessions_go_on_counting(house: House) -> None:
    """Counts set as a snapshot has them are where commands, ids and numbers go on."""
    house.desk.resume(A, (4, 40, 9))
    assert read(house.take(A, framed(place(5, 40))))[0][1][1] == 416
    assert numbers(unframed(house.take(A, framed(place(6, 41))))) == [11]


def test_many_commands_at_once_are_answered_as_one_by_one(house: House) -> None:
    """A batch of right and wrong commands, longer than what is carried out at once, is the same."""
    random, batch, seq = Random(5), [], 0
    for turn in range(1, 601):
        wrong = random.random() < 0.1
        order_id = 2 * turn - 9 * wrong
        side, price = random.choice(((0, 4_000), (0, 5_100), (1, 5_000), (1, 6_000)))
        seq += not wrong
        order = place(seq, order_id, side=side, price=price, qty=random.randint(0, 4))
        other = random.choice((cancel(seq, order_id - 4), cancel(seq, 1), cancel_all(seq)))
        batch.append(order if random.random() < 0.9 else other)
    twin = House(TWINS["interpreted"])
    for one in (house, twin):
        one.take(B, framed(place(1, 1, price=5_000, qty=300), place(2, 2, side=1, price=5_100)))
    together = unframed(house.take(A, framed(*batch)))
    apart = [record for command in batch for record in unframed(twin.take(A, framed(command)))]
    assert together == apart
    kinds = {name for name, _ in read(framed(*together))}
    assert kinds >= {"ORDER_PLACED", "ORDER_CANCELLED", "ORDER_REJECTED", "FILL", "COMMAND_DONE"}
    assert house.desk.session(A) == twin.desk.session(A)
    assert house.engine.state_hash() == twin.engine.state_hash()
