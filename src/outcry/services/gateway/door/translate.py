"""Between records of the TCP protocol and what the ledger understands. Pure.

On TCP an order is known by the client's own id, whose decimal text is its client order id. Orders
that were entered through another door, under a name that is no number, are told of by the negative
of their id in the exchange.
"""

from typing import Final

from outcry.domain.order import OrderStatus
from outcry.messages.requests import (
    CancelAllRequest,
    CancelRequest,
    OrderCommand,
    PlaceRequest,
    ReduceRequest,
    ReplaceRequest,
)
from outcry.messages.user_events import FillDone, OrderState, UserBatch
from outcry_wire import tcp
from outcry_wire.records import (
    CANCEL_ALL,
    CANCEL_ORDER,
    COMMAND_REJECTED,
    LAST_OF_SEQ,
    ORDER_CANCELLED,
    ORDER_PLACED,
    ORDER_REJECTED,
    PLACE_ORDER,
    REDUCE_ORDER,
    REPLACE_ORDER,
    RecordType,
)
from outcry_wire.rejects import Reject
from outcry_wire.tcp import ACCEPTED, FILL, Message


#: Client order ids on TCP are below this.
ID_LIMIT: Final = 1 << 63


def command_of(record: bytes, account: int) -> OrderCommand | Reject:
    """Return what a command of *account* asks of the ledger, or why it cannot be asked."""
    kind = record[0]
    if kind == RecordType.PLACE_ORDER:
        return _place(record, account)
    if kind == RecordType.CANCEL_ALL:
        return CancelAllRequest(account, 0, CANCEL_ALL.unpack(record)[3])
    order_id = order_id_of(record)
    if order_id == 0:
        return Reject.ORDER_UNKNOWN
    named = (account, *_named(order_id))
    if kind == RecordType.CANCEL_ORDER:
        return CancelRequest(*named)
    if kind == RecordType.REDUCE_ORDER:
        return ReduceRequest(*named, REDUCE_ORDER.unpack(record)[8])
    if kind == RecordType.REPLACE_ORDER:
        price, total, post_only = REPLACE_ORDER.unpack(record)[8:]
        return ReplaceRequest(*named, price, total, bool(post_only), in_book=True)
    return Reject.RECORD_INVALID


def _place(record: bytes, account: int) -> PlaceRequest | Reject:
    fields = PLACE_ORDER.unpack(record)
    market, order_id = fields[3], fields[7]
    outcome, side, kind, tif, post_only, self_trade = fields[9:15]
    if order_id <= 0:
        return Reject.CLIENT_ORDER_ID_INVALID
    if post_only > 1:
        return Reject.POST_ONLY_IMMEDIATE
    terms = (outcome, side, kind, tif, bool(post_only), self_trade)
    price, qty, budget, expire_at_us = fields[15:]
    amounts = (price, qty, budget, expire_at_us)
    return PlaceRequest(account, market, *terms, *amounts, str(order_id))


def _named(order_id: int) -> tuple[int, str]:
    """Return an order's id in the exchange, or 0 and its client order id."""
    return (-order_id, "") if order_id < 0 else (0, str(order_id))


def order_id_of(record: bytes) -> int:
    """Return the client's id that a command names, 0 if it names none."""
    if record[0] == RecordType.CANCEL_ALL or len(record) < CANCEL_ORDER.size:
        return 0
    return int.from_bytes(record[32:40], "little", signed=True)


def accepted(record: bytes, account: int, exchange_id: int, n: int, *, repeated: bool) -> bytes:
    """Return the answer to a command that is numbered and durable."""
    head = (Message.ACCEPTED, LAST_OF_SEQ, ACCEPTED.size, _instrument(record), 0, 0, account)
    return ACCEPTED.pack(*head, order_id_of(record), exchange_id, n, record[0], repeated)


def refused(record: bytes, account: int, reject: int) -> bytes:
    """Return the answer to a command that is declined."""
    order_id = order_id_of(record)
    if record[0] == RecordType.PLACE_ORDER:
        head = (RecordType.ORDER_REJECTED, LAST_OF_SEQ, ORDER_REJECTED.size)
        return ORDER_REJECTED.pack(*head, _instrument(record), 0, 0, account, order_id, reject)
    head = (RecordType.COMMAND_REJECTED, LAST_OF_SEQ, COMMAND_REJECTED.size)
    row = (_instrument(record), 0, 0, account, order_id, reject, record[0])
    return COMMAND_REJECTED.pack(*head, *row)


def _instrument(record: bytes) -> int:
    return int.from_bytes(record[4:8], "little")


def told(batch: UserBatch, account: int, n: int) -> list[bytes]:
    """Return what the events of entry *n* mean for an account, as records numbered *n*."""
    states = {
        event.order_id: event
        for event in batch.events
        if isinstance(event, OrderState) and event.account == account
    }
    fills = [event for event in batch.events if isinstance(event, FillDone)]
    fills = [event for event in fills if event.account == account]
    left = {order_id: state.remaining for order_id, state in states.items()}
    records = []
    for fill in reversed(fills):
        remaining = left.get(fill.order_id, 0)
        left[fill.order_id] = remaining + fill.qty
        records.append(_fill(fill, states.get(fill.order_id), n, remaining))
    records.reverse()
    made = {fill.order_id for fill in fills if fill.maker}
    for state in states.values():
        record = _state(state, n, made)
        if record:
            records.append(record)
    return records


def ended(record: bytes) -> int:
    """Return the client's id of an order that is over with this record, 0 if none is."""
    if record[0] in {RecordType.ORDER_CANCELLED, RecordType.ORDER_REJECTED}:
        return order_id_of(record)
    if record[0] == Message.FILL:
        fields = FILL.unpack(record)
        return int(fields[8]) if fields[11] == 0 else 0
    return 0


def client_id(state: OrderState | None, order_id: int) -> int:
    """Return the client's id of an order; see the module."""
    text = state.client_order_id if state is not None else ""
    if text.isdecimal() and text == str(int(text)) and 0 < int(text) < ID_LIMIT:
        return int(text)
    return -order_id


def _fill(fill: FillDone, state: OrderState | None, n: int, remaining: int) -> bytes:
    head = (Message.FILL, 0, FILL.size, fill.market_id, n, fill.at_us, fill.account)
    order_id = client_id(state, fill.order_id)
    terms = (fill.price, fill.qty, remaining, 0, fill.fill, fill.match, int(fill.maker))
    return FILL.pack(*head, fill.trade_id, order_id, *terms, fill.outcome, fill.side)


def _state(state: OrderState, n: int, made: set[int]) -> bytes:
    order_id = client_id(state, state.order_id)
    place = (state.market_id, n, state.updated_at_us, state.account)
    if state.status == OrderStatus.OPEN and state.order_id not in made:
        head = (RecordType.ORDER_PLACED, 0, ORDER_PLACED.size, *place)
        row = (order_id, state.price, state.remaining, state.outcome, state.side)
        return ORDER_PLACED.pack(*head, *row)
    if state.status == OrderStatus.CANCELLED:
        head = (RecordType.ORDER_CANCELLED, 0, ORDER_CANCELLED.size, *place)
        rest = (state.remaining, 0, state.outcome, state.side, state.reason)
        return ORDER_CANCELLED.pack(*head, order_id, state.price, *rest)
    if state.status == OrderStatus.REJECTED:
        head = (RecordType.ORDER_REJECTED, 0, ORDER_REJECTED.size, *place)
        return ORDER_REJECTED.pack(*head, order_id, state.reject)
    return b""


def framed(records: list[bytes]) -> bytes:
    """Return records as frames, as few as hold them."""
    return b"".join(tcp.frame(b"".join(part)) for part in _parts(records))


def framed_whole(records: list[bytes]) -> bytes:
    """Return the records of one entry as frames: all but those of the last say that more follow."""
    parts = _parts(records)
    for part in parts[:-1]:
        part[:] = [_with_flag(record, tcp.MORE_FOLLOWS) for record in part]
    return b"".join(tcp.frame(b"".join(part)) for part in parts)


def _with_flag(record: bytes, flag: int) -> bytes:
    return record[:1] + bytes((record[1] | flag,)) + record[2:]


def _parts(records: list[bytes]) -> list[list[bytes]]:
    """Return records divided so that each part fits into a frame."""
    parts: list[list[bytes]] = []
    size = tcp.FRAME_MAX
    for record in records:
        if size + len(record) > tcp.FRAME_MAX:
            parts.append([])
            size = 0
        parts[-1].append(record)
        size += len(record)
    return parts
