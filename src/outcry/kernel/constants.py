"""The numbers of `outcry_wire` that the kernel uses, as plain ints.

Compiled, they are the C constants of constants.pxd and this module is not used. A test compares
the two lists.
"""

from outcry_wire.records import (
    HEADER_SIZE,
    CancelReason,
    InstrumentKind,
    InstrumentState,
    MatchKind,
    OrderKind,
    RecordType,
    ReduceReason,
    SelfTrade,
    Side,
    TimeInForce,
)
from outcry_wire.records import LAST_OF_SEQ as WIRE_LAST_OF_SEQ
from outcry_wire.records import WAS_RESTING as WIRE_WAS_RESTING
from outcry_wire.rejects import Reject
from outcry_wire.snapshot import RULES_VERSION


# types of commands and facts
PLACE_ORDER = int(RecordType.PLACE_ORDER)
CANCEL_ORDER = int(RecordType.CANCEL_ORDER)
CANCEL_ALL = int(RecordType.CANCEL_ALL)
REDUCE_ORDER = int(RecordType.REDUCE_ORDER)
REPLACE_ORDER = int(RecordType.REPLACE_ORDER)
TICK = int(RecordType.TICK)
ADD_INSTRUMENT = int(RecordType.ADD_INSTRUMENT)
SET_INSTRUMENT = int(RecordType.SET_INSTRUMENT)
SET_LIMITS = int(RecordType.SET_LIMITS)
CHECKPOINT = int(RecordType.CHECKPOINT)
ORDER_PLACED = int(RecordType.ORDER_PLACED)
ORDER_REJECTED = int(RecordType.ORDER_REJECTED)
COMMAND_REJECTED = int(RecordType.COMMAND_REJECTED)
TRADED = int(RecordType.TRADED)
ORDER_CANCELLED = int(RecordType.ORDER_CANCELLED)
ORDER_REDUCED = int(RecordType.ORDER_REDUCED)
ORDER_REPLACED = int(RecordType.ORDER_REPLACED)
INSTRUMENT_CHANGED = int(RecordType.INSTRUMENT_CHANGED)
TICKED = int(RecordType.TICKED)
BOOK_HASHED = int(RecordType.BOOK_HASHED)
COMMAND_DONE = int(RecordType.COMMAND_DONE)
# header flags
LAST_OF_SEQ = WIRE_LAST_OF_SEQ
WAS_RESTING = WIRE_WAS_RESTING
# choices of an order and of an instrument
SIDE_BUY = int(Side.BUY)
KIND_LIMIT = int(OrderKind.LIMIT)
KIND_MARKET_QTY = int(OrderKind.MARKET_QTY)
KIND_MARKET_MONEY = int(OrderKind.MARKET_MONEY)
TIF_GTC = int(TimeInForce.GTC)
TIF_GTD = int(TimeInForce.GTD)
TIF_IOC = int(TimeInForce.IOC)
TIF_FOK = int(TimeInForce.FOK)
STP_CANCEL_TAKER = int(SelfTrade.CANCEL_TAKER)
STP_CANCEL_MAKER = int(SelfTrade.CANCEL_MAKER)
STP_CANCEL_BOTH = int(SelfTrade.CANCEL_BOTH)
STP_DECREMENT = int(SelfTrade.DECREMENT)
INSTRUMENT_MARKET = int(InstrumentKind.MARKET)
INSTRUMENT_PLAIN = int(InstrumentKind.PLAIN)
STATE_OPEN = int(InstrumentState.OPEN)
STATE_POST_ONLY = int(InstrumentState.POST_ONLY)
STATE_CLOSED = int(InstrumentState.CLOSED)
MATCH_TRANSFER = int(MatchKind.TRANSFER)
MATCH_MINT = int(MatchKind.MINT)
MATCH_MERGE = int(MatchKind.MERGE)
# reasons
CANCELLED_USER = int(CancelReason.USER)
CANCELLED_ALL = int(CancelReason.ALL)
CANCELLED_IMMEDIATE = int(CancelReason.IMMEDIATE)
CANCELLED_FILL_OR_KILL = int(CancelReason.FILL_OR_KILL)
CANCELLED_SELF_TRADE = int(CancelReason.SELF_TRADE)
CANCELLED_EXPIRED = int(CancelReason.EXPIRED)
CANCELLED_CLOSED = int(CancelReason.CLOSED)
CANCELLED_MONEY_SPENT = int(CancelReason.MONEY_SPENT)
REDUCED_USER = int(ReduceReason.USER)
REDUCED_SELF_TRADE = int(ReduceReason.SELF_TRADE)
# rejects
REJECT_NOT_OWNER = int(Reject.NOT_OWNER)
REJECT_ORDER_UNKNOWN = int(Reject.ORDER_UNKNOWN)
REJECT_INSTRUMENT_UNKNOWN = int(Reject.INSTRUMENT_UNKNOWN)
REJECT_OUTCOME_INVALID = int(Reject.OUTCOME_INVALID)
REJECT_SIDE_INVALID = int(Reject.SIDE_INVALID)
REJECT_KIND_INVALID = int(Reject.KIND_INVALID)
REJECT_TIME_IN_FORCE_INVALID = int(Reject.TIME_IN_FORCE_INVALID)
REJECT_PRICE_OFF_GRID = int(Reject.PRICE_OFF_GRID)
REJECT_PRICE_OUT_OF_BOUNDS = int(Reject.PRICE_OUT_OF_BOUNDS)
REJECT_QUANTITY_INVALID = int(Reject.QUANTITY_INVALID)
REJECT_QUANTITY_BELOW_MINIMUM = int(Reject.QUANTITY_BELOW_MINIMUM)
REJECT_QUANTITY_ABOVE_MAXIMUM = int(Reject.QUANTITY_ABOVE_MAXIMUM)
REJECT_BUDGET_INVALID = int(Reject.BUDGET_INVALID)
REJECT_MONEY_SELL = int(Reject.MONEY_SELL)
REJECT_EXPIRY_IN_PAST = int(Reject.EXPIRY_IN_PAST)
REJECT_EXPIRY_WITHOUT_GTD = int(Reject.EXPIRY_WITHOUT_GTD)
REJECT_POST_ONLY_IMMEDIATE = int(Reject.POST_ONLY_IMMEDIATE)
REJECT_CLIENT_ORDER_ID_INVALID = int(Reject.CLIENT_ORDER_ID_INVALID)
REJECT_CLIENT_ORDER_ID_REUSED = int(Reject.CLIENT_ORDER_ID_REUSED)
REJECT_SELF_TRADE_INVALID = int(Reject.SELF_TRADE_INVALID)
REJECT_ACCOUNT_ORDERS_LIMIT = int(Reject.ACCOUNT_ORDERS_LIMIT)
REJECT_BOOK_ORDERS_LIMIT = int(Reject.BOOK_ORDERS_LIMIT)
REJECT_TOTAL_ORDERS_LIMIT = int(Reject.TOTAL_ORDERS_LIMIT)
REJECT_OUT_OF_SEQUENCE = int(Reject.OUT_OF_SEQUENCE)
REJECT_POST_ONLY_WOULD_TRADE = int(Reject.POST_ONLY_WOULD_TRADE)
REJECT_BUYS_NOTHING = int(Reject.BUYS_NOTHING)
REJECT_ORDER_ID_REUSED = int(Reject.ORDER_ID_REUSED)
REJECT_INSTRUMENT_EXISTS = int(Reject.INSTRUMENT_EXISTS)
REJECT_INSTRUMENT_NOT_OPEN = int(Reject.INSTRUMENT_NOT_OPEN)
REJECT_TICK_INVALID = int(Reject.TICK_INVALID)
REJECT_BOUNDS_INVALID = int(Reject.BOUNDS_INVALID)
REJECT_STATE_INVALID = int(Reject.STATE_INVALID)
REJECT_REDUCE_INVALID = int(Reject.REDUCE_INVALID)
REJECT_REPLACE_INVALID = int(Reject.REPLACE_INVALID)
REJECT_LIMITS_INVALID = int(Reject.LIMITS_INVALID)
REJECT_RECORD_INVALID = int(Reject.RECORD_INVALID)
# sizes and bounds
HEADER_WORDS = HEADER_SIZE // 8
PAIR = 10000
QUANTITY_MAX = 10**9
RULES = RULES_VERSION
SIDE_BID = 0
SIDE_ASK = 1
# what ``choices`` of a node holds: its role, and of an order its sides and self-trade mode
ROLE_ORDER = 0
ROLE_FREE = 0x1000000
ROLE_LEVEL = 0x2000000
ROLE_ACCOUNT = 0x3000000
ROLES = 0x3000000
MODES = 0xFF0000
SIDES = 0xFFFF
# measures of the data structure
SNAPSHOT_HEADER_WORDS = 8
#: Places of the first table of recent orders, of the second, and at least how many each node has.
RECENT_FIRST = 4096
RECENT_SECOND = 65536
RECENT_PER_NODE = 6
#: How many places of a table that has grown move with each new node, a power of two.
MOVED_PER_NODE = 32
#: A session begins as many places behind the last one as its ids, shifted by this, are higher.
SESSION_STEP_SHIFT = 30
#: Places of the smallest table of accounts.
ACCOUNTS_MIN = 4096
#: Slots of the widest ladder.
SLOTS_MAX = 65536
#: Slots of the first window.
SLOTS_FIRST = 1024
#: Levels opened outside before the window moves.
FAR_PATIENCE = 64
#: Stale expiries that are always borne.
STALE_MIN = 64
# words of the two common commands
PLACE_WORDS = 11
CANCEL_WORDS = 5
# and their type and length, as they stand in the first word
PLACE_SHAPE = PLACE_ORDER | PLACE_WORDS * 8 << 16
CANCEL_SHAPE = CANCEL_ORDER | CANCEL_WORDS * 8 << 16
#: Records in view, rounded up to a power of two.
TURNS = 16
#: Records between two stages, and from the first stage to the command at hand.
STAGE = 3
LEAD = 10
#: How many words before it is read the stream of records is fetched, and those of a cache line.
READ_AHEAD = 256
CACHE_LINE_WORDS = 8
#: How many words before it is written the place of a fact is fetched.
WRITE_AHEAD = 64
#: Words of the smallest batch in which looking ahead pays.
LOOK_AHEAD_MIN = 128
#: Bytes of the smallest batch for which the GIL is given up.
GIL_MIN = 1024
#: Nodes of the smallest pool that does not stay in the cache by itself.
LOOK_AHEAD_NODES = 32768
# sessions
SESSION_SHIFT = 40
