"""Snapshots: the same content, the same bytes, the same future; and nothing else restores."""

from struct import Struct

import pytest
from tests.unit.kernel.book import NO, Book
from tests.unit.kernel.engines import Kernel

from outcry.kernel.naive import NaiveEngine
from outcry_wire.bookhash import MIX, OFFSET, fold
from outcry_wire.records import InstrumentKind, InstrumentState, SelfTrade, TimeInForce
from outcry_wire.snapshot import (
    SNAPSHOT_HEADER,
    SNAPSHOT_INSTRUMENT,
    SNAPSHOT_ORDER,
)


def names(text: str) -> list[str]:
    """Return the words of *text*."""
    return text.split()


HEADER_FIELDS = names("magic rules_version seq time_us account_max total_max instruments orders")
INSTRUMENT_FIELDS = names(
    "instrument kind state tick price_min price_max qty_min qty_max orders_max orders"
)
ORDER_FIELDS = names(
    "order_id account stp_group price remaining filled expire_at_us rank"
    " instrument outcome side self_trade"
)
TOP = 2**63 - 1


def filled(book: Book) -> Book:
    """Fill three instruments: one with orders of all sorts, one closed, one plain."""
    book.add(2)
    book.add(9, kind=InstrumentKind.PLAIN, prices=(0, 0), tick=5)
    book.limits(account=50, total=500)
    book.sell(11, 5, at=6000, account=3, group=7, self_trade=SelfTrade.DECREMENT)
    book.buy(12, 6, at=6100, outcome=NO)
    book.buy(13, 7, at=4000, tif=TimeInForce.GTD, expire=9_000)
    book.sell(14, 8, at=4000, outcome=NO, account=3)
    book.sell(15, 9, at=-500, instrument=9, account=3)
    book.buy(16, 9, at=-1000, instrument=9)
    book.buy(17, 2, at=6000, group=8)
    book.replace(13, total=9, at=4000)
    book.tick(5_000)
    book.set(2, state=InstrumentState.CLOSED)
    book.set(tick=1000)
    return book


def restored(book: Book) -> Book:
    """Return a second book that goes on from the snapshot of the first."""
    other = Book(type(book.engine))
    other.engine = type(book.engine).restore(book.engine.snapshot())
    other.seq, other.time_us = book.seq, book.time_us
    other.engine.check()
    return other


def test_empty_engine(engine_class: type[Kernel]) -> None:
    """The snapshot of an empty engine is a header, and restores."""
    snapshot = engine_class().snapshot()
    limit = 2**62
    assert SNAPSHOT_HEADER.unpack(snapshot) == (b"OUTCRYK1", 1, 0, 0, limit, limit, 0, 0)
    assert engine_class.restore(snapshot).snapshot() == snapshot


def test_layout(book: Book) -> None:
    """A snapshot has instruments by id and orders in book order, with fills and ranks."""
    filled(book)
    data = book.engine.snapshot()
    header = SNAPSHOT_HEADER.unpack_from(data)
    assert header[1:] == (1, book.seq, 5_000, 50, 500, 3, 6)
    at = SNAPSHOT_HEADER.size
    size = SNAPSHOT_INSTRUMENT.size
    instruments = [SNAPSHOT_INSTRUMENT.unpack_from(data, at + n * size) for n in range(3)]
    assert instruments == [
        (1, 0, 0, 1000, 100, 9900, 1, 1000, 1000, 4),
        (2, 0, 4, 100, 100, 9900, 1, 1000, 1000, 0),
        (9, 1, 0, 5, 0, 0, 1, 1000, 1000, 2),
    ]
    orders = list(SNAPSHOT_ORDER.iter_unpack(data[at + 3 * size :]))
    assert orders == [
        (14, 3, 0, 4000, 8, 0, 0, 1, 1, 1, 1, 0),
        (13, 1, 0, 4000, 9, 0, 9_000, 1, 1, 0, 0, 0),
        (11, 3, 7, 6000, 3, 2, 0, 0, 1, 0, 1, 3),
        (12, 1, 0, 6100, 6, 0, 0, 0, 1, 1, 0, 0),
        (16, 1, 0, -1000, 9, 0, 0, 2, 9, 0, 0, 0),
        (15, 3, 0, -500, 9, 0, 0, 2, 9, 0, 1, 0),
    ]


def test_same_snapshot_again(book: Book) -> None:
    """What was restored has the same snapshot, hash, time and counts."""
    filled(book)
    other = restored(book)
    assert other.engine.snapshot() == book.engine.snapshot()
    assert other.engine.state_hash() == book.engine.state_hash()
    assert (other.engine.seq, other.engine.time_us) == (book.engine.seq, 5_000)
    assert other.engine.order_count == 6
    assert other.engine.consumed == 0


def test_same_snapshot_from_every_engine(book: Book) -> None:
    """Every engine writes the bytes that the reference book writes."""
    filled(book)
    reference = NaiveEngine()
    reference.process(b"".join(book.journal))
    assert book.engine.snapshot() == reference.snapshot()
    assert book.engine.state_hash() == reference.state_hash()


def test_same_future(book: Book) -> None:
    """A restored engine answers whatever comes next with the same facts."""
    filled(book)
    other = restored(book)
    assert the_rest_of_the_day(other) == the_rest_of_the_day(book)
    assert other.engine.snapshot() == book.engine.snapshot()


def the_rest_of_the_day(book: Book) -> list[list[str]]:
    """Send commands that touch every order of `filled`; return the facts."""
    return [
        book.buy(30, 4, at=7000, group=7),
        book.replace(13, total=12, at=5000),
        book.spend(31, 99_999, bound=9900, group=7, self_trade=SelfTrade.CANCEL_BOTH),
        book.sell(13, 1, at=9000),
        book.buy(11, 1, at=1000),
        book.cancel_all(account=3),
        book.tick(9_000),
        book.buy(40, 3, at=-490, instrument=9),
        book.add(2),
        book.cancel_all(),
        book.checkpoint(),
    ]


def test_snapshot_changes_nothing(book: Book) -> None:
    """Taking a snapshot leaves the engine as it was, and the bytes as they were."""
    filled(book)
    first = book.engine.snapshot()
    book.engine.state_hash()
    assert book.engine.snapshot() == first
    book.buy(50, 1, at=1000)
    assert book.engine.snapshot() != first


def test_snapshot_is_about_content_only(book: Book) -> None:
    """Two ways to the same content give the same bytes but for the seq."""
    other = Book(type(book.engine))
    other.add()
    for number in range(1, 200):
        other.buy(number, 3, at=100 * number % 5000 + 100)
    other.cancel_all()
    for each in (book, other):
        each.seq = 1_000
        each.sell(7, 5, at=4000)
        each.buy(8, 2, at=4000)
        each.buy(9, 2, at=3000)
    assert other.engine.snapshot() == book.engine.snapshot()


def test_state_hash_is_over_the_snapshot(book: Book) -> None:
    """The state hash folds the snapshot's 64-bit words, each times MIX."""
    data = filled(book).engine.snapshot()
    state = OFFSET
    for (word,) in Struct("<Q").iter_unpack(data):
        state = fold(state, word * MIX)
    assert book.engine.state_hash() == state


def test_state_hash_sees_settings(book: Book) -> None:
    """What no book shows, limits, time, seq, self-trade mode, is in the state hash too."""
    hashes = {book.engine.state_hash()}
    book.limits(account=5, total=6)
    hashes.add(book.engine.state_hash())
    book.tick(7_000)
    hashes.add(book.engine.state_hash())
    book.checkpoint()
    hashes.add(book.engine.state_hash())
    book.set(orders_max=6)
    hashes.add(book.engine.state_hash())
    assert len(hashes) == 5


def spoil(data: bytes, layout: Struct, fields_of: list[str], at: int, **fields: int) -> bytes:
    """Return *data* with *fields* of the record at offset *at* changed."""
    record = dict(zip(fields_of, layout.unpack_from(data, at), strict=True)) | fields
    return data[:at] + layout.pack(*record.values()) + data[at + layout.size :]


def spoil_header(data: bytes, **fields: int) -> bytes:
    """Change the header."""
    return spoil(data, SNAPSHOT_HEADER, HEADER_FIELDS, 0, **fields)


def spoil_instrument(data: bytes, number: int = 0, **fields: int) -> bytes:
    """Change instrument record *number* of `filled`."""
    at = SNAPSHOT_HEADER.size + number * SNAPSHOT_INSTRUMENT.size
    return spoil(data, SNAPSHOT_INSTRUMENT, INSTRUMENT_FIELDS, at, **fields)


def spoil_order(data: bytes, number: int = 0, **fields: int) -> bytes:
    """Change order record *number* of `filled`."""
    at = SNAPSHOT_HEADER.size + 3 * SNAPSHOT_INSTRUMENT.size + number * SNAPSHOT_ORDER.size
    return spoil(data, SNAPSHOT_ORDER, ORDER_FIELDS, at, **fields)


def refuses(book: Book, data: bytes) -> None:
    """Expect that *data*, which differs from the snapshot of *book*, does not restore."""
    assert data != book.engine.snapshot()
    with pytest.raises(ValueError, match=r"\S"):
        type(book.engine).restore(data)


@pytest.mark.parametrize("cut", [1, 7, 8, 32, 72])
def test_cut_or_extended(book: Book, cut: int) -> None:
    """A snapshot with bytes missing or added does not restore."""
    data = filled(book).engine.snapshot()
    refuses(book, data[:-cut])
    refuses(book, data + bytes(cut))
    refuses(book, data[:cut])


def test_no_bytes(engine_class: type[Kernel]) -> None:
    """Nothing is not a snapshot."""
    with pytest.raises(ValueError, match=r"\S"):
        engine_class.restore(b"")


def test_header_spoiled(book: Book) -> None:
    """Another magic, version, negative time, no limits, wrong counts: refused."""
    data = filled(book).engine.snapshot()
    refuses(book, b"X" + data[1:])
    for version in (0, 2, -1):
        refuses(book, spoil_header(data, rules_version=version))
    refuses(book, spoil_header(data, time_us=-1))
    refuses(book, spoil_header(data, account_max=0))
    refuses(book, spoil_header(data, total_max=-1))
    for count in (-1, 2, 4, TOP, -(2**63), 2**61):
        refuses(book, spoil_header(data, instruments=count))
        refuses(book, spoil_header(data, orders=count))


@pytest.mark.parametrize(
    "fields",
    [
        {"instrument": 0},
        {"instrument": 2},
        {"instrument": 3},
        {"kind": 2},
        {"state": 5},
        {"state": 4},
        {"tick": 0},
        {"tick": 3},
        {"price_min": 101},
        {"price_max": 9900 - 1},
        {"qty_min": 0},
        {"qty_max": 0},
        {"qty_max": 10**9 + 1},
        {"orders_max": 0},
        {"orders": 3},
        {"orders": 5},
        {"orders": -1},
        {"orders": 2**62},
    ],
    ids=str,
)
def test_instrument_spoiled(book: Book, fields: dict[str, int]) -> None:
    """An instrument with settings it could never have had, or out of order, is refused."""
    refuses(book, spoil_instrument(filled(book).engine.snapshot(), **fields))


@pytest.mark.parametrize(
    "fields",
    [
        {"order_id": 0},
        {"order_id": -14},
        {"order_id": 13},
        {"price": 3900},
        {"price": 6000},
        {"price": 9901},
        {"remaining": 0},
        {"remaining": -1},
        {"remaining": 10**9 + 1},
        {"remaining": TOP, "filled": TOP},
        {"filled": -1},
        {"filled": 10**9},
        {"rank": 0},
        {"rank": 2},
        {"rank": 7},
        {"rank": -1},
        {"account": 1},
        {"instrument": 2},
        {"instrument": 9},
        {"instrument": 77},
        {"outcome": 2},
        {"side": 2},
        {"side": 0},
        {"self_trade": 4},
    ],
    ids=str,
)
def test_order_spoiled(book: Book, fields: dict[str, int]) -> None:
    """An order that could not rest where it says is refused."""
    refuses(book, spoil_order(filled(book).engine.snapshot(), **fields))


def test_order_in_a_closed_book(book: Book) -> None:
    """A closed book holds nothing."""
    data = filled(book).engine.snapshot()
    refuses(book, spoil_instrument(data, 0, state=InstrumentState.CLOSED))


def test_plain_order_with_another_outcome(book: Book) -> None:
    """An order of a plain instrument is for outcome 0."""
    refuses(book, spoil_order(filled(book).engine.snapshot(), 4, outcome=1, side=1))


def test_price_order_spoiled(book: Book) -> None:
    """Bids fall, asks rise."""
    data = filled(book).engine.snapshot()
    refuses(book, spoil_order(data, 1, price=4100))
    refuses(book, spoil_order(data, 3, price=5900))


def test_price_out_of_bounds(book: Book) -> None:
    """A price that no order could name is refused, wherever else it would fit."""
    data = filled(book).engine.snapshot()
    refuses(book, spoil_order(data, 3, price=9901))
    refuses(book, spoil_order(data, 5, price=2**53))


def test_padding_spoiled(book: Book) -> None:
    """Padding is zero: a snapshot has one form."""
    data = bytearray(filled(book).engine.snapshot())
    data[-1] = 1
    refuses(book, bytes(data))
    data[-1] = 0
    data[SNAPSHOT_HEADER.size + 6] = 1
    refuses(book, bytes(data))


def test_content_that_differs_restores(book: Book) -> None:
    """What could have been is accepted: other quantities, owners, limits, prices off the grid."""
    data = filled(book).engine.snapshot()
    other = spoil_order(data, 0, remaining=1, filled=10**9 - 1, order_id=TOP, stp_group=-5)
    other = spoil_order(other, 2, price=6001, self_trade=0, expire_at_us=TOP)
    other = spoil_instrument(other, 0, state=3, orders_max=1, qty_max=1)
    other = spoil_instrument(other, 1, qty_min=10**9, qty_max=10**9)
    other = spoil_header(other, account_max=1, total_max=1, seq=-5, time_us=TOP)
    engine = type(book.engine).restore(other)
    engine.check()
    assert engine.snapshot() == other


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_any_buffer_restores(book: Book, kind: type) -> None:
    """A snapshot may come in anything that holds bytes."""
    data = filled(book).engine.snapshot()
    assert type(book.engine).restore(kind(data)).snapshot() == data
