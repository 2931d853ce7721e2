"""Snapshots of the reference book: written, and read back with every byte checked.

The layout is that of `outcry_wire.snapshot`. It is canonical: equal logical content gives equal
bytes. In particular ``rank`` is the position, from 0, of an order among those of its account. So
the hash of a state is simply the hash of its snapshot, word by word.
"""

from typing import Final, NamedTuple

from outcry.kernel.naive_book import Instrument, Order
from outcry.kernel.naive_rules import QUANTITY_MAX, bounds_are_valid, tick_is_valid
from outcry.kernel.naive_state import State
from outcry_wire.bookhash import MIX, OFFSET, fold
from outcry_wire.records import InstrumentKind, InstrumentState, SelfTrade, Side
from outcry_wire.snapshot import (
    RULES_VERSION,
    SNAPSHOT_HEADER,
    SNAPSHOT_INSTRUMENT,
    SNAPSHOT_MAGIC,
    SNAPSHOT_ORDER,
)


WORD: Final = 8


class SnapshotOrder(NamedTuple):
    """One SNAPSHOT_ORDER."""

    order_id: int
    account: int
    stp_group: int
    price: int
    remaining: int
    filled: int
    expire_at_us: int
    rank: int
    instrument: int
    outcome: int
    side: int
    self_trade: int


def pack(state: State) -> bytes:
    """Return the snapshot of *state*."""
    books = [book for _, book in sorted(state.instruments.items())]
    ranks = {
        order_id: rank for orders in state.accounts.values() for rank, order_id in enumerate(orders)
    }
    header = SNAPSHOT_HEADER.pack(
        *(SNAPSHOT_MAGIC, RULES_VERSION, state.seq, state.time_us),
        *(state.account_orders_max, state.total_orders_max, len(books), len(state.orders)),
    )
    instruments = [
        SNAPSHOT_INSTRUMENT.pack(book.instrument, *book.settings(), book.order_count())
        for book in books
    ]
    orders = [
        SNAPSHOT_ORDER.pack(
            *(order.order_id, order.account, order.stp_group, order.price, order.remaining),
            *(order.filled, order.expire_at_us, ranks[order.order_id]),
            *(order.instrument, order.outcome, order.side, order.self_trade),
        )
        for book in books
        for order in book.orders()
    ]
    return b"".join([header, *instruments, *orders])


def state_hash(state: State) -> int:
    """Return the hash of all logical content: the snapshot's little-endian 64-bit words, folded."""
    data = pack(state)
    result = OFFSET
    for offset in range(0, len(data), WORD):
        result = fold(result, int.from_bytes(data[offset : offset + WORD], "little") * MIX)
    return result


def unpack(data: bytes) -> State:
    """Return the state that *data* is the snapshot of, or raise ValueError."""
    require(len(data) >= SNAPSHOT_HEADER.size, "the header is cut short")
    magic, version, seq, time_us, account_max, total_max, instruments, orders = (
        SNAPSHOT_HEADER.unpack_from(data)
    )
    require(magic == SNAPSHOT_MAGIC, "it does not begin as a snapshot does")
    require(version == RULES_VERSION, f"rules version {version}, expected {RULES_VERSION}")
    require(time_us >= 0 and account_max > 0 and total_max > 0, "a time or limit is invalid")
    require(instruments >= 0 and orders >= 0, "a count is negative")
    orders_at = SNAPSHOT_HEADER.size + instruments * SNAPSHOT_INSTRUMENT.size
    require(len(data) == orders_at + orders * SNAPSHOT_ORDER.size, "its length does not fit")
    state = State(seq, time_us, account_max, total_max)
    counts: list[int] = []
    for fields in SNAPSHOT_INSTRUMENT.iter_unpack(data[SNAPSHOT_HEADER.size : orders_at]):
        book = Instrument(*fields[:-1])
        check_instrument(state, book)
        state.instruments[book.instrument] = book
        require(0 <= fields[-1] <= orders - len(counts), "a count of orders does not fit")
        counts += [book.instrument] * fields[-1]
    rows = [SnapshotOrder(*fields) for fields in SNAPSHOT_ORDER.iter_unpack(data[orders_at:])]
    require(counts == [row.instrument for row in rows], "orders do not follow their instruments")
    add_orders(state, rows)
    require(pack(state) == data, "orders are not in book order, or padding is not zero")
    return state


def add_orders(state: State, rows: list[SnapshotOrder]) -> None:
    """Let the orders of a snapshot rest, first by book, then by owner."""
    for row in rows:
        check_order(state, row)
        order = Order(
            order_id=row.order_id,
            account=row.account,
            stp_group=row.stp_group,
            instrument=row.instrument,
            outcome=row.outcome,
            side=row.side,
            self_trade=row.self_trade,
            price=row.price,
            remaining=row.remaining,
            filled=row.filled,
            expire_at_us=row.expire_at_us,
        )
        require(not state.book_of(order).crosses(order), "a book is crossed")
        state.rest(order)
    state.accounts.clear()
    for row in sorted(rows, key=lambda row: row.rank):
        order = state.orders[row.order_id]
        state.accounts.setdefault(row.account, {})[row.order_id] = order


def check_instrument(state: State, book: Instrument) -> None:
    """Raise ValueError unless *book* may follow the instruments read so far."""
    require(book.instrument > max(state.instruments, default=0), "instruments are not in order")
    require(book.kind in set(InstrumentKind), "an instrument's kind is unknown")
    require(book.state in set(InstrumentState), "an instrument's state is unknown")
    require(tick_is_valid(book.kind, book.tick), "an instrument's tick is invalid")
    bounds = (book.price_min, book.price_max)
    require(bounds_are_valid(book.kind, *bounds), "an instrument's bounds are invalid")
    quantities = 1 <= book.qty_min <= book.qty_max <= QUANTITY_MAX
    require(quantities and book.orders_max > 0, "an instrument's limits are invalid")


def check_order(state: State, row: SnapshotOrder) -> None:
    """Raise ValueError unless the order may rest where it says."""
    book = state.instruments[row.instrument]
    require(row.order_id > 0 and row.order_id not in state.orders, "an order id is invalid")
    require(book.state != InstrumentState.CLOSED, "an order rests in a closed book")
    outcomes = (0,) if book.kind == InstrumentKind.PLAIN else (0, 1)
    require(row.outcome in outcomes and row.side in set(Side), "an order's side is invalid")
    require(row.self_trade in set(SelfTrade), "an order's self-trade mode is unknown")
    require(book.price_is_in_bounds(row.price), "an order's price is out of bounds")
    quantities = row.remaining > 0 and row.filled >= 0
    require(quantities and row.remaining + row.filled <= QUANTITY_MAX, "a quantity is invalid")


def require(condition: bool, otherwise: str) -> None:  # noqa: FBT001 - reads as an assertion
    """Raise ValueError with a sentence about the snapshot unless *condition* holds."""
    if not condition:
        message = f"not a snapshot of this kernel: {otherwise}"
        raise ValueError(message)
