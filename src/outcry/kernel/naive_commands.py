"""What each command does in the reference book: one function per command.

Each takes the state, the header and the body of a well-formed record, and leaves at least one
fact behind. The order of the checks and of the facts is that of docs/concepts/matching.md.
"""

from dataclasses import replace as with_changes

from outcry.kernel.naive_book import (
    AddInstrument,
    Header,
    Instrument,
    Order,
    PlaceOrder,
    ReplaceOrder,
    SetInstrument,
)
from outcry.kernel.naive_matching import can_fill, emit_reduced, enter
from outcry.kernel.naive_rules import (
    check_add,
    check_entry,
    check_form,
    check_replace,
    check_set,
    check_terms,
    may_rest,
)
from outcry.kernel.naive_state import State
from outcry_wire.records import (
    CancelReason,
    InstrumentState,
    OrderKind,
    RecordType,
    ReduceReason,
    TimeInForce,
)
from outcry_wire.rejects import Reject


def place_order(state: State, header: Header, place: PlaceOrder) -> None:
    """Let a new order in, or refuse it."""
    reject = check_place(state, header, place)
    if reject is not None:
        state.emit(header, RecordType.ORDER_REJECTED, place.order_id, reject)
        return
    taker = incoming(header, place)
    if place.tif == TimeInForce.FOK and not can_fill(state, taker):
        state.emit_cancelled(taker, CancelReason.FILL_OR_KILL, resting=False)
        return
    enter(state, taker, may_rest=may_rest(place))


def incoming(header: Header, place: PlaceOrder) -> Order:
    """Return the order that a PLACE_ORDER describes."""
    is_money = place.kind == OrderKind.MARKET_MONEY
    return Order(
        order_id=place.order_id,
        account=header.account,
        stp_group=place.stp_group,
        instrument=header.instrument,
        outcome=place.outcome,
        side=place.side,
        self_trade=place.self_trade,
        price=place.price,
        remaining=0 if is_money else place.qty,
        expire_at_us=place.expire_at_us,
        is_money=is_money,
        budget_left=place.budget if is_money else 0,
    )


def check_place(state: State, header: Header, place: PlaceOrder) -> Reject | None:
    """Return why the order is refused, or None."""
    book = state.instruments.get(header.instrument)
    if book is None:
        return Reject.INSTRUMENT_UNKNOWN
    if place.order_id <= 0 or place.order_id in state.orders:
        return Reject.ORDER_ID_REUSED
    return (
        check_form(place, book)
        or check_terms(place, book, header.time_us)
        or check_room(state, header, place, book)
        or check_entry(incoming(header, place), place.post_only, book)
    )


def check_room(state: State, header: Header, place: PlaceOrder, book: Instrument) -> Reject | None:
    """Check that one more order may rest, even if this one would trade at once."""
    if not may_rest(place):
        return None
    if len(state.accounts.get(header.account, {})) >= state.account_orders_max:
        return Reject.ACCOUNT_ORDERS_LIMIT
    if book.order_count() >= book.orders_max:
        return Reject.BOOK_ORDERS_LIMIT
    if len(state.orders) >= state.total_orders_max:
        return Reject.TOTAL_ORDERS_LIMIT
    return None


def find(state: State, header: Header, order_id: int) -> Order | None:
    """Return the order that a command names, or note why it may not name it and return None."""
    order = state.orders.get(order_id)
    if order is None:
        state.reject(header, Reject.ORDER_UNKNOWN, order_id)
    elif header.instrument not in (0, order.instrument):
        state.reject(header, Reject.INSTRUMENT_UNKNOWN, order_id)
    elif header.account != order.account:
        state.reject(header, Reject.NOT_OWNER, order_id)
    else:
        return order
    return None


def cancel_order(state: State, header: Header, order_id: int) -> None:
    """Cancel one order."""
    order = find(state, header, order_id)
    if order is not None:
        state.cancel(order, CancelReason.USER)


def cancel_all(state: State, header: Header) -> None:
    """Cancel every order of an account, in one book or in all, in the order of placement."""
    if header.instrument != 0 and header.instrument not in state.instruments:
        state.reject(header, Reject.INSTRUMENT_UNKNOWN)
        return
    orders = [
        order
        for order in state.accounts.get(header.account, {}).values()
        if header.instrument in (0, order.instrument)
    ]
    for order in orders:
        state.cancel(order, CancelReason.ALL)
    state.emit(header, RecordType.COMMAND_DONE, header.type, len(orders))


def reduce_order(state: State, header: Header, order_id: int, by: int) -> None:
    """Make an order smaller where it stands; at zero it is cancelled."""
    order = find(state, header, order_id)
    if order is None:
        return
    if by <= 0:
        state.reject(header, Reject.REDUCE_INVALID, order_id)
    elif by >= order.remaining:
        state.cancel(order, CancelReason.USER)
    else:
        order.remaining -= by
        emit_reduced(state, order, by, ReduceReason.USER, resting=True)


def replace_order(state: State, header: Header, change: ReplaceOrder) -> None:
    """Give an order new terms: in place if it only becomes smaller, else as a new taker."""
    order = find(state, header, change.order_id)
    if order is None:
        return
    book = state.instruments[order.instrument]
    new = with_changes(order, price=change.price, remaining=change.total_qty - order.filled)
    kept = new.price == order.price and new.remaining <= order.remaining
    reject = check_replace(change, order, book)
    if reject is None and not kept and change.post_only and book.crosses(new):
        reject = Reject.POST_ONLY_WOULD_TRADE
    if reject is not None:
        state.reject(header, reject, order.order_id)
        return
    state.emit_for(
        order,
        RecordType.ORDER_REPLACED,
        *(order.order_id, new.price, new.remaining, order.price, order.remaining),
        *(order.outcome, order.side, int(kept)),
    )
    if kept:
        order.remaining = new.remaining
        return
    book.remove(order)
    enter(state, new, may_rest=True)
    if not book.holds(new):
        state.forget(new)


def tick(state: State, header: Header) -> None:
    """Advance the time and cancel what has expired, oldest expiry first."""
    state.time_us = max(state.time_us, header.time_us)
    over = [order for order in state.orders.values() if 0 < order.expire_at_us <= state.time_us]
    for order in sorted(over, key=lambda order: (order.expire_at_us, order.order_id)):
        state.cancel(order, CancelReason.EXPIRED)
    state.emit(header, RecordType.TICKED)


def add_instrument(state: State, header: Header, add: AddInstrument) -> None:
    """Open a new book."""
    reject = check_add(header, add, state.instruments)
    if reject is not None:
        state.reject(header, reject)
        return
    book = Instrument(header.instrument, *add[:-1])
    state.instruments[header.instrument] = book
    state.emit(header, RecordType.INSTRUMENT_CHANGED, *book.settings())


def set_instrument(state: State, header: Header, change: SetInstrument) -> None:
    """Give a book new settings; closing it cancels everything that rests."""
    book = state.instruments.get(header.instrument)
    if book is None:
        state.reject(header, Reject.INSTRUMENT_UNKNOWN)
        return
    reject = check_set(change, book)
    if reject is not None:
        state.reject(header, reject)
        return
    book.state, book.tick, book.qty_min, book.qty_max, book.orders_max = change
    if book.state == InstrumentState.CLOSED:
        for order in book.orders():
            state.cancel(order, CancelReason.CLOSED)
    state.emit(header, RecordType.INSTRUMENT_CHANGED, *book.settings())


def set_limits(state: State, header: Header, account_orders_max: int, total_max: int) -> None:
    """Set how many orders may rest. What rests already stays."""
    if account_orders_max <= 0 or total_max <= 0:
        state.reject(header, Reject.LIMITS_INVALID)
        return
    state.account_orders_max = account_orders_max
    state.total_orders_max = total_max
    state.emit(header, RecordType.COMMAND_DONE, header.type, 0)


def checkpoint(state: State, header: Header, checkpoint_id: int) -> None:
    """State the hash of one book, or of each that is not closed."""
    if header.instrument == 0:
        books = [
            book
            for _, book in sorted(state.instruments.items())
            if book.state != InstrumentState.CLOSED
        ]
    elif header.instrument in state.instruments:
        books = [state.instruments[header.instrument]]
    else:
        state.reject(header, Reject.INSTRUMENT_UNKNOWN)
        return
    for book in books:
        about = header._replace(instrument=book.instrument)
        state.emit(about, RecordType.BOOK_HASHED, checkpoint_id, book.hash(), book.order_count())
    state.emit(header, RecordType.COMMAND_DONE, header.type, len(books))
