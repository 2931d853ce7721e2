"""Record layouts: the same bytes in the kernel, the ledger log, the streams and on TCP.

* Every record is little-endian, of a width fixed by its type, and a multiple of 8 bytes long.
* It starts with one 32-byte header: ``type u8, flags u8, length u16, instrument u32, seq i64,
  time_us i64, account i64``. ``length`` counts the whole record, header included.
* Types 1..63 are commands (wishes), types 64..127 are facts (what happened).
* All facts of one command carry its ``seq``; exactly the last of them carries `LAST_OF_SEQ`.
* Prices are ticks of outcome 0 (1 tick = 0.0001), quantities are lots (1 lot = 0.01 share),
  money is micros (10**-6 collateral), times are microseconds since 1970.

A type is never renumbered and a layout is never changed; a new layout is a new type.
"""

from enum import IntEnum
from struct import Struct
from typing import Final


HEADER: Final = Struct("<BBHIqqq")
HEADER_SIZE: Final = 32
RECORD_SIZE_MAX: Final = 152

#: Header flag of a fact: the last one of its command.
LAST_OF_SEQ: Final = 1
#: Header flag of `ORDER_CANCELLED` and `ORDER_REDUCED`: the order stood in the book.
WAS_RESTING: Final = 2


class RecordType(IntEnum):
    """First byte of every record."""

    PLACE_ORDER = 1
    CANCEL_ORDER = 2
    CANCEL_ALL = 3
    REDUCE_ORDER = 4
    REPLACE_ORDER = 5
    TICK = 6
    ADD_INSTRUMENT = 7
    SET_INSTRUMENT = 8
    SET_LIMITS = 9
    CHECKPOINT = 10

    ORDER_PLACED = 64
    ORDER_REJECTED = 65
    COMMAND_REJECTED = 66
    TRADED = 67
    ORDER_CANCELLED = 68
    ORDER_REDUCED = 69
    ORDER_REPLACED = 70
    INSTRUMENT_CHANGED = 71
    TICKED = 72
    BOOK_HASHED = 73
    COMMAND_DONE = 74


class Side(IntEnum):
    """What the owner of the order does with the outcome token."""

    BUY = 0
    SELL = 1


class OrderKind(IntEnum):
    """What bounds an order."""

    #: Quantity and limit price; the rest may stay in the book.
    LIMIT = 0
    #: Quantity at the market, never beyond the price bound; the rest is cancelled.
    MARKET_QTY = 1
    #: Money at the market (buys only), never beyond the price bound; the rest is cancelled.
    MARKET_MONEY = 2


class TimeInForce(IntEnum):
    """How long the rest of a limit order stays."""

    #: Until cancelled.
    GTC = 0
    #: Until ``expire_at_us`` (exclusive): a tick at or after it cancels the order.
    GTD = 1
    #: Immediate or cancel (elsewhere "fill and kill").
    IOC = 2
    #: All at once or nothing.
    FOK = 3


class SelfTrade(IntEnum):
    """What happens when an order meets one of its own group (same non-zero ``stp_group``)."""

    CANCEL_TAKER = 0
    CANCEL_MAKER = 1
    CANCEL_BOTH = 2
    #: Both lose the smaller quantity; what reaches zero is cancelled.
    DECREMENT = 3


class InstrumentKind(IntEnum):
    """Which prices an instrument has and whether its outcomes match each other."""

    #: Two outcomes, prices 1..9999 ticks, fills may be transfer, mint or merge.
    MARKET = 0
    #: One deliverable, any price; every fill is a transfer and ``outcome`` is 0.
    PLAIN = 1


class InstrumentState(IntEnum):
    """What the book accepts. Only `CLOSED` is final."""

    OPEN = 0
    POST_ONLY = 1
    CANCEL_ONLY = 2
    #: Nothing trades; orders rest and may be cancelled.
    HALTED = 3
    #: Entering it cancels everything that rests.
    CLOSED = 4


class MatchKind(IntEnum):
    """How a fill changes the supply of tokens."""

    #: Same outcome: buy meets sell, the tokens change hands.
    TRANSFER = 0
    #: Different outcomes, both buy: a pair is created against 10,000 ticks a lot.
    MINT = 1
    #: Different outcomes, both sell: a pair is destroyed and 10,000 ticks a lot are paid out.
    MERGE = 2


class CancelReason(IntEnum):
    """Why an order left without being filled."""

    USER = 1
    ALL = 2
    #: The rest of an IOC, market or money order that found no (more) counterpart.
    IMMEDIATE = 3
    #: FOK that could not be filled as a whole. Nothing traded.
    FILL_OR_KILL = 4
    SELF_TRADE = 5
    EXPIRED = 6
    CLOSED = 7
    #: A money order whose budget buys no further lot.
    MONEY_SPENT = 8


class ReduceReason(IntEnum):
    """Why a resting order became smaller without a fill."""

    USER = 1
    SELF_TRADE = 2


# --- commands: header, then -----------------------------------------------------------------

#: order_id q, stp_group q, outcome B, side B, kind B, tif B, post_only B, self_trade B, 2 pad,
#: price q, qty q, budget q, expire_at_us q. ``instrument`` and ``account`` are in the header.
PLACE_ORDER: Final = Struct("<BBHIqqqqqBBBBBB2xqqqq")
#: order_id q
CANCEL_ORDER: Final = Struct("<BBHIqqqq")
#: The account of the header, in the instrument of the header or, when that is 0, in all.
CANCEL_ALL: Final = Struct("<BBHIqqq")
#: order_id q, by q (lots)
REDUCE_ORDER: Final = Struct("<BBHIqqqqq")
#: order_id q, price q, total_qty q (lots ever to be filled, those filled included), post_only B
REPLACE_ORDER: Final = Struct("<BBHIqqqqqqB7x")
#: The time in the header is all a tick says; instrument and account are 0.
TICK: Final = Struct("<BBHIqqq")
#: kind B, state B, 6 pad, tick q, price_min q, price_max q, qty_min q, qty_max q,
#: orders_max q (resting orders in this book), rules_version q
ADD_INSTRUMENT: Final = Struct("<BBHIqqqBB6xqqqqqqq")
#: state B, 7 pad, tick q, qty_min q, qty_max q, orders_max q. All fields are set, none is kept.
SET_INSTRUMENT: Final = Struct("<BBHIqqqB7xqqqq")
#: account_orders_max q, total_orders_max q: resting orders of one account and of all books.
SET_LIMITS: Final = Struct("<BBHIqqqqq")
#: checkpoint_id q; the instrument of the header or, when that is 0, all.
CHECKPOINT: Final = Struct("<BBHIqqqq")

# --- facts: header, then --------------------------------------------------------------------

#: The order now rests, after its fills: order_id q, price q, remaining q, outcome B, side B, 6 pad.
#: An order that never rests has none: it ends by a fill with nothing remaining or by
#: `ORDER_CANCELLED`.
ORDER_PLACED: Final = Struct("<BBHIqqqqqqBB6x")
#: order_id q, reject I, 4 pad
ORDER_REJECTED: Final = Struct("<BBHIqqqqI4x")
#: Of a cancel, reduce, replace or administrative command: order_id q (0 when it names none),
#: reject I, command B, 3 pad
COMMAND_REJECTED: Final = Struct("<BBHIqqqqIB3x")
#: One fill. The header's account is the taker's.
#: trade_id q, price q, qty q, taker_order q, taker_remaining q, taker_budget_left q,
#: maker_order q, maker_account q, maker_remaining q, fill I, match B, taker_outcome B,
#: taker_side B, maker_outcome B, maker_side B, 7 pad
#: ``price`` is the maker's, in outcome-0 ticks; ``fill`` counts from 0 within the command.
#: ``trade_id`` is the seq of the taker's command; the ledger adds the shard.
TRADED: Final = Struct("<BBHIqqqqqqqqqqqqIBBBBB7x")
#: order_id q, price q (as it rested, or the bound), remaining q (what was cancelled),
#: budget_left q, outcome B, side B, reason B, 5 pad. `WAS_RESTING` says it stood in the book.
ORDER_CANCELLED: Final = Struct("<BBHIqqqqqqqBBB5x")
#: order_id q, price q, by q, remaining q, outcome B, side B, reason B, 5 pad.
#: `WAS_RESTING` is missing only for the incoming order of a self-trade decrement.
ORDER_REDUCED: Final = Struct("<BBHIqqqqqqqBBB5x")
#: The order has new terms: order_id q, price q, remaining q, old_price q, old_remaining q,
#: outcome B, side B, priority_kept B, 5 pad. With priority kept it changed in place. Otherwise it
#: left the book (old_remaining at old_price) and entered again with ``remaining``: its fills
#: follow, then `ORDER_PLACED` if something rests or `ORDER_CANCELLED` if a self-trade stopped it.
ORDER_REPLACED: Final = Struct("<BBHIqqqqqqqqBBB5x")
#: kind B, state B, 6 pad, tick q, price_min q, price_max q, qty_min q, qty_max q, orders_max q
INSTRUMENT_CHANGED: Final = Struct("<BBHIqqqBB6xqqqqqq")
#: The time in the header is now the kernel's time.
TICKED: Final = Struct("<BBHIqqq")
#: checkpoint_id q, hash Q (see `outcry_wire.bookhash`), orders q
BOOK_HASHED: Final = Struct("<BBHIqqqqQq")
#: command B, 7 pad, count q: what CANCEL_ALL cancelled, CHECKPOINT hashed; 0 for SET_LIMITS
COMMAND_DONE: Final = Struct("<BBHIqqqB7xq")

#: The layout of each record type.
LAYOUTS: Final[dict[int, Struct]] = {
    RecordType.PLACE_ORDER: PLACE_ORDER,
    RecordType.CANCEL_ORDER: CANCEL_ORDER,
    RecordType.CANCEL_ALL: CANCEL_ALL,
    RecordType.REDUCE_ORDER: REDUCE_ORDER,
    RecordType.REPLACE_ORDER: REPLACE_ORDER,
    RecordType.TICK: TICK,
    RecordType.ADD_INSTRUMENT: ADD_INSTRUMENT,
    RecordType.SET_INSTRUMENT: SET_INSTRUMENT,
    RecordType.SET_LIMITS: SET_LIMITS,
    RecordType.CHECKPOINT: CHECKPOINT,
    RecordType.ORDER_PLACED: ORDER_PLACED,
    RecordType.ORDER_REJECTED: ORDER_REJECTED,
    RecordType.COMMAND_REJECTED: COMMAND_REJECTED,
    RecordType.TRADED: TRADED,
    RecordType.ORDER_CANCELLED: ORDER_CANCELLED,
    RecordType.ORDER_REDUCED: ORDER_REDUCED,
    RecordType.ORDER_REPLACED: ORDER_REPLACED,
    RecordType.INSTRUMENT_CHANGED: INSTRUMENT_CHANGED,
    RecordType.TICKED: TICKED,
    RecordType.BOOK_HASHED: BOOK_HASHED,
    RecordType.COMMAND_DONE: COMMAND_DONE,
}
FIRST_FACT: Final = 64

assert all(layout.size % 8 == 0 for layout in LAYOUTS.values())
assert max(layout.size for layout in LAYOUTS.values()) <= RECORD_SIZE_MAX
