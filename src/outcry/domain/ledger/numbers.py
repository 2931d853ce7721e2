"""What hot rules compare with, as plain ints: a member of an enumeration costs a look-up each time.

Nothing is decided here: each is the number of the thing that it is named after.
"""

from typing import Final

from outcry.domain.fees import FeeKind
from outcry.domain.ids import COLLATERAL, EXTERNAL, FIRST_ACCOUNT, PENDING
from outcry.domain.ledger.state import ASSET_BITS
from outcry.domain.market import SettlementMode
from outcry.domain.order import OrderStatus
from outcry.domain.units import BALANCE_LIMIT, TICKS_PER_UNIT
from outcry_wire.records import CancelReason, MatchKind, OrderKind, Side


#: Bits of the lower half of a key of balances or positions.
KEY_BITS: Final = int(ASSET_BITS)
KEY_MASK: Final = int((1 << ASSET_BITS) - 1)
MONEY: Final = int(COLLATERAL)
WORLD: Final = int(EXTERNAL)
WAITING: Final = int(PENDING)
CUSTOMERS: Final = int(FIRST_ACCOUNT)
MOST: Final = int(BALANCE_LIMIT)
UNIT: Final = int(TICKS_PER_UNIT)
BUY: Final = int(Side.BUY)
SELL: Final = int(Side.SELL)
TRANSFER: Final = int(MatchKind.TRANSFER)
MINT: Final = int(MatchKind.MINT)
BY_MONEY: Final = int(OrderKind.MARKET_MONEY)
LIMITED: Final = int(OrderKind.LIMIT)
ON_CHAIN: Final = int(SettlementMode.CHAIN)
NO_FEE: Final = int(FeeKind.NONE)
OPEN: Final = int(OrderStatus.OPEN)
FILLED: Final = int(OrderStatus.FILLED)
CANCELLED: Final = int(OrderStatus.CANCELLED)
REJECTED: Final = int(OrderStatus.REJECTED)
SPENT: Final = int(CancelReason.MONEY_SPENT)
BY_USER: Final = int(CancelReason.USER)
