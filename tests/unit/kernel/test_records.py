"""Framing: what a record is, what happens to bytes that are none, and how streams may be cut."""

import pytest
from tests.unit.kernel.book import Book, command, decode
from tests.unit.kernel.engines import Buffer, Kernel

from outcry_wire.records import LAYOUTS, InstrumentState, RecordType, SelfTrade, TimeInForce


COMMANDS = [record_type for record_type in RecordType if record_type < RecordType.ORDER_PLACED]
HEAD = {"instrument": 7, "seq": 55, "time_us": 66, "account": -8}
TICK = command(RecordType.TICK, instrument=0, seq=9, time_us=10, account=0)


def with_length(record: bytes, length: int) -> bytes:
    """Return *record* with another length in its header."""
    return record[:2] + length.to_bytes(2, "little") + record[4:]


def facts(engine: Kernel, data: Buffer) -> list[str]:
    """Process *data* and return its facts as sentences."""
    return [str(fact) for fact in decode(engine.process(data))]


def test_nothing(engine_class: type[Kernel]) -> None:
    """No bytes give no facts and consume nothing."""
    engine = engine_class()
    assert engine.process(b"") == b""
    assert (engine.consumed, engine.seq, engine.time_us, engine.order_count) == (0, 0, 0, 0)


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_any_buffer(engine_class: type[Kernel], kind: type) -> None:
    """Commands may come in anything that holds bytes."""
    engine = engine_class()
    assert facts(engine, kind(TICK)) == ["ticked"]
    assert engine.consumed == 32


@pytest.mark.parametrize("size", [1, 8, 31])
def test_less_than_a_header(engine_class: type[Kernel], size: int) -> None:
    """A remainder too short for a header is refused without seq, and nothing is consumed."""
    engine = engine_class()
    (fact,) = decode(engine.process(TICK[:size]))
    assert str(fact) == "refused TICK RECORD_INVALID"
    assert (fact.seq, fact.time_us, fact.instrument, fact.account) == (0, 0, 0, 0)
    assert (engine.consumed, engine.seq) == (0, 0)


def test_remainder_after_whole_records(engine_class: type[Kernel]) -> None:
    """Whole records before a remainder are carried out; the remainder keeps the seq."""
    engine = engine_class()
    assert facts(engine, TICK + TICK + TICK[:20]) == [
        "ticked",
        "ticked",
        "refused TICK RECORD_INVALID",
    ]
    assert (engine.consumed, engine.seq) == (64, 9)


def test_record_cut_short(engine_class: type[Kernel]) -> None:
    """A record whose body is missing is refused under its own seq; the rest is dropped."""
    engine = engine_class()
    place = command(RecordType.PLACE_ORDER, *[1] * 12, **HEAD)
    (fact,) = decode(engine.process(place[:-1]))
    assert str(fact) == "refused PLACE_ORDER RECORD_INVALID"
    assert (fact.seq, fact.time_us, fact.instrument, fact.account) == (55, 66, 7, -8)
    assert fact["order_id"] == 0
    assert (engine.consumed, engine.seq, engine.time_us) == (0, 55, 0)


@pytest.mark.parametrize("record_type", COMMANDS)
def test_wrong_length_is_skipped(engine_class: type[Kernel], record_type: RecordType) -> None:
    """A command 8 bytes longer than its layout is refused and skipped; the next one works."""
    engine = engine_class()
    layout = LAYOUTS[record_type]
    record = bytes([record_type]) + bytes(layout.size + 7)
    record = with_length(record, layout.size + 8)
    assert facts(engine, record + TICK) == [
        f"refused {record_type.name} RECORD_INVALID",
        "ticked",
    ]
    assert engine.consumed == len(record) + 32


@pytest.mark.parametrize("length", [0, 1, 8, 24, 31, 33, 36, 40, 48, 63, 64, 65, 72, 65_535])
def test_lengths_that_cannot_be_trusted(engine_class: type[Kernel], length: int) -> None:
    """A length that is odd, too short or beyond the buffer drops everything that follows."""
    engine = engine_class()
    skippable = length % 8 == 0 and 32 <= length <= 64
    answer = facts(engine, with_length(TICK, length) + TICK)
    assert answer[0] == "refused TICK RECORD_INVALID"
    if skippable:
        assert engine.consumed > 0
    else:
        assert len(answer) == 1
        assert engine.consumed == 0


def test_skip_lands_inside_bytes(engine_class: type[Kernel]) -> None:
    """After a skip the next header is read exactly where the length says."""
    engine = engine_class()
    record = with_length(b"\xff" + TICK[1:], 40) + b"\x06" * 8
    assert facts(engine, record + TICK) == ["refused type 255 RECORD_INVALID", "ticked"]


@pytest.mark.parametrize("record_type", [0, 11, 63, *range(64, 75), 255])
def test_unknown_types(engine_class: type[Kernel], record_type: int) -> None:
    """What is no command, facts included, is refused by its number and skipped."""
    engine = engine_class()
    layout = LAYOUTS.get(record_type)
    size = layout.size if layout else 32
    record = with_length(bytes([record_type]) + TICK[1:] + bytes(size - 32), size)
    refused, ticked = decode(engine.process(record + TICK))
    assert (refused["command"], refused["reject"]) == (record_type, 812)
    assert refused.seq == 9
    assert str(ticked) == "ticked"


def test_refused_record_moves_the_seq_only(book: Book) -> None:
    """A refused record is seen, so its seq counts, and nothing else changes."""
    book.sell(1, 5, at=4000)
    before = book.engine.snapshot()
    book.engine.process(with_length(command(RecordType.TICK, **HEAD), 40) + bytes(8))
    assert book.engine.seq == 55
    after = book.engine.snapshot()
    assert (after[:16], after[24:]) == (before[:16], before[24:])


def test_header_flags_are_ignored(engine_class: type[Kernel]) -> None:
    """Flags of a command say nothing and are not repeated."""
    engine = engine_class()
    assert engine.process(TICK[:1] + b"\xff" + TICK[2:]) == engine_class().process(TICK)


def test_padding_is_ignored(book: Book) -> None:
    """Padding bytes of a command say nothing."""
    record = bytearray(command(RecordType.PLACE_ORDER, 1, *[0] * 7, 4000, 5, 0, 0, **HEAD))
    record[4] = 1
    record[54:56] = b"\xff\xff"
    assert facts(book.engine, record) == ["placed #1 BUY YES 5@4000"]


def test_seq_and_time_are_echoed(engine_class: type[Kernel]) -> None:
    """Seq and time are carried, whatever they are; the kernel checks no order of them."""
    engine = engine_class()
    for seq, time_us in ((5, 5), (3, -7), (-(2**63), 2**63 - 1), (2**63 - 1, -(2**63))):
        head = {"instrument": 0, "seq": seq, "time_us": time_us, "account": 0}
        (fact,) = decode(engine.process(command(RecordType.SET_LIMITS, 0, 0, **head)))
        assert (fact.seq, fact.time_us) == (seq, time_us)
        assert engine.seq == seq


def a_busy_day(book: Book) -> None:
    """Send commands of every type, with every kind of fact among the answers."""
    book.add(2, tick=1, prices=(1, 9999))
    for number in range(1, 9):
        book.sell(number, 5, at=5000 + number % 3 * 100, group=number % 2, account=number)
        book.buy(number + 20, 5, at=4900, tif=TimeInForce.GTD, expire=2_000, instrument=2)
    book.buy(30, 12, at=5100, group=1, self_trade=SelfTrade.DECREMENT)
    book.spend(31, 7_000, bound=9000)
    book.fok(32, 999, at=9000)
    book.replace(4, total=9, at=4000, account=4)
    book.reduce(21, by=2, instrument=2)
    book.cancel(21, instrument=2)
    book.cancel(21)
    book.limits(account=5, total=50)
    book.checkpoint()
    book.tick(5_000)
    book.buy(33, 5, at=4001)
    book.cancel_all()
    book.sell(34, 5, at=6000)
    book.set(state=InstrumentState.CLOSED)


def test_every_fact_is_seen(book: Book) -> None:
    """The stream used below has commands and facts of every type."""
    a_busy_day(book)
    data = b"".join(book.journal)
    engine = type(book.engine)()
    seen = {fact.type for fact in decode(engine.process(data))}
    assert seen == set(RecordType) - set(COMMANDS)
    assert {record[0] for record in book.journal} == set(COMMANDS)


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_streams_may_be_cut_anywhere(book: Book, size: int) -> None:
    """However the records are grouped into calls, the facts and the state are the same."""
    a_busy_day(book)
    whole, cut = type(book.engine)(), type(book.engine)()
    expected = whole.process(b"".join(book.journal))
    pieces = [
        cut.process(b"".join(book.journal[start : start + size]))
        for start in range(0, len(book.journal), size)
    ]
    assert b"".join(pieces) == expected
    assert cut.snapshot() == whole.snapshot() == book.engine.snapshot()
    cut.check()


def test_facts_are_dense(book: Book) -> None:
    """Every command has facts, in the order of the commands, each group with one last."""
    a_busy_day(book)
    answers = decode(type(book.engine)().process(b"".join(book.journal)))
    lasts = [fact.seq for fact in answers if fact.flags & 1]
    assert lasts == list(range(1, len(book.journal) + 1))
    assert [fact.seq for fact in answers] == sorted(fact.seq for fact in answers)
