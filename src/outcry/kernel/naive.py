"""The reference book: the rules of matching in plain dicts and lists, for checking the fast one.

It answers every command with the same bytes as `outcry.kernel.engine`, and has the same face.
The rules are written out in docs/concepts/matching.md and can be read beside `naive_commands` and
`naive_matching`. It is never fast, never clever, and no service uses it.
"""

from typing import Final, Self

from outcry.kernel import naive_commands as do
from outcry.kernel.naive_book import (
    AddInstrument,
    Header,
    Instrument,
    PlaceOrder,
    ReplaceOrder,
    SetInstrument,
    row,
)
from outcry.kernel.naive_snapshot import pack, state_hash, unpack
from outcry.kernel.naive_state import State
from outcry_wire.bookhash import OFFSET
from outcry_wire.records import FIRST_FACT, HEADER, HEADER_SIZE, LAYOUTS, RecordType, Side
from outcry_wire.rejects import Reject


COMMANDS: Final = {
    int(record_type): layout for record_type, layout in LAYOUTS.items() if record_type < FIRST_FACT
}
RECORD_ALIGNMENT: Final = 8


class NaiveEngine:
    """Books over many instruments: command records in, fact records out."""

    def __init__(self) -> None:
        self._state = State()
        #: Bytes of the last `process` that were carried out or skipped; the rest was dropped.
        self.consumed = 0

    def process(self, commands: bytes | bytearray | memoryview) -> bytes:
        """Return the facts of whole command records. Never raises, whatever the bytes are."""
        data = memoryview(bytes(commands))
        facts = []
        self.consumed = 0
        while self.consumed < len(data):
            available = len(data) - self.consumed
            header, body = read_record(data[self.consumed :])
            if available >= HEADER_SIZE:
                self._state.seq = header.seq
            if body is None:
                self._state.reject(header, Reject.RECORD_INVALID)
            else:
                self._carry_out(header, body)
            facts.append(self._state.take_facts(header))
            if body is None and not can_skip(header, available):
                break
            self.consumed += header.length
        return b"".join(facts)

    def _carry_out(self, header: Header, body: tuple[int, ...]) -> None:
        state = self._state
        match header.type:
            case RecordType.PLACE_ORDER:
                do.place_order(state, header, PlaceOrder(*body))
            case RecordType.CANCEL_ORDER:
                do.cancel_order(state, header, *body)
            case RecordType.CANCEL_ALL:
                do.cancel_all(state, header)
            case RecordType.REDUCE_ORDER:
                do.reduce_order(state, header, *body)
            case RecordType.REPLACE_ORDER:
                do.replace_order(state, header, ReplaceOrder(*body))
            case RecordType.TICK:
                do.tick(state, header)
            case RecordType.ADD_INSTRUMENT:
                do.add_instrument(state, header, AddInstrument(*body))
            case RecordType.SET_INSTRUMENT:
                do.set_instrument(state, header, SetInstrument(*body))
            case RecordType.SET_LIMITS:
                do.set_limits(state, header, *body)
            case RecordType.CHECKPOINT:
                do.checkpoint(state, header, *body)

    @property
    def seq(self) -> int:
        """The seq of the last record whose header was read."""
        return self._state.seq

    @property
    def time_us(self) -> int:
        """The latest time that a tick told."""
        return self._state.time_us

    @property
    def order_count(self) -> int:
        """How many orders rest in all books."""
        return len(self._state.orders)

    def snapshot(self) -> bytes:
        """Return all logical content in the layout of `outcry_wire.snapshot`."""
        return pack(self._state)

    @classmethod
    def restore(cls, data: bytes | bytearray | memoryview) -> Self:
        """Return an engine with the content of a snapshot. Raises ValueError if it is not one."""
        engine = cls()
        engine._state = unpack(bytes(data))
        return engine

    def state_hash(self) -> int:
        """Return the hash of all logical content, equal for every kernel with the same content."""
        return state_hash(self._state)

    # --- what stands in the books; an unknown instrument is an empty book --------------------

    def book_hash(self, instrument: int) -> int:
        """Return the hash of one book (see `outcry_wire.bookhash`)."""
        book = self._state.instruments.get(instrument)
        return OFFSET if book is None else book.hash()

    def top(self, instrument: int) -> tuple[int, int, int, int]:
        """Return best bid price and lots, best ask price and lots; 0, 0 for an empty side."""
        bid = self.levels(instrument, Side.BUY, 1) or [(0, 0, 0)]
        ask = self.levels(instrument, Side.SELL, 1) or [(0, 0, 0)]
        return (*bid[0][:2], *ask[0][:2])

    def levels(self, instrument: int, side: int, limit: int) -> list[tuple[int, int, int]]:
        """Return up to *limit* levels, best first: price, lots, orders. Side 0 bids, 1 asks."""
        book = self._state.instruments.get(instrument)
        if book is None:
            return []
        bids = side == Side.BUY
        levels = [(price, book.side(bids=bids)[price]) for price in book.prices(bids=bids)]
        return [
            (price, sum(order.remaining for order in level), len(level))
            for price, level in levels[: max(limit, 0)]
        ]

    def queue_position(self, order_id: int) -> int:
        """Return the lots that stand before the order at its price, or -1 if it does not rest."""
        order = self._state.orders.get(order_id)
        if order is None:
            return -1
        level = self._state.book_of(order).side(bids=order.bids())[order.price]
        return sum(before.remaining for before in level[: level.index(order)])

    def orders(self, instrument: int) -> list[tuple[int, int, int, int, int, int, int, int]]:
        """Return the resting orders in book order.

        Each is order_id, account, stp_group, outcome, side, price, remaining, expire_at_us.
        """
        book = self._state.instruments.get(instrument)
        return [] if book is None else [row(order) for order in book.orders()]

    def check(self) -> None:
        """Raise AssertionError unless every invariant holds."""
        state = self._state
        resting = {}
        for number, book in state.instruments.items():
            assert book.instrument == number
            check_book(book)
            resting.update({order.order_id: order for order in book.orders()})
        assert len(resting) == sum(book.order_count() for book in state.instruments.values())
        assert resting == state.orders
        assert all(state.accounts.values()), "an account without orders is forgotten"
        owned = {
            (account, order_id): order
            for account, orders in state.accounts.items()
            for order_id, order in orders.items()
        }
        assert owned == {(order.account, order.order_id): order for order in resting.values()}
        assert not state.facts


def read_record(data: memoryview) -> tuple[Header, tuple[int, ...] | None]:
    """Return the header at the start of *data*, and the body if it is a whole command."""
    if len(data) < HEADER_SIZE:
        return Header(data[0], 0, 0, 0, 0, 0, 0), None
    header = Header(*HEADER.unpack_from(data))
    layout = COMMANDS.get(header.type)
    if layout is None or header.length != layout.size or header.length > len(data):
        return header, None
    return header, layout.unpack_from(data)[len(header) :]


def can_skip(header: Header, available: int) -> bool:
    """Return whether a record that is no command has a length that can be trusted."""
    return header.length % RECORD_ALIGNMENT == 0 and HEADER_SIZE <= header.length <= available


def check_book(book: Instrument) -> None:
    """Raise AssertionError unless every order stands where it belongs and no prices cross."""
    for bids in (True, False):
        for price, level in book.side(bids=bids).items():
            assert level, "a price without orders has no level"
            for order in level:
                assert order.price == price
                assert order.bids() == bids
                assert order.instrument == book.instrument
                assert order.remaining > 0
                assert not order.is_money
    if book.bids and book.asks:
        assert max(book.bids) < min(book.asks), "crossed"
