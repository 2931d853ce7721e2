"""What the ledger knows: accounts, balances, orders, markets, users, and where each shard stands.

* Every amount is an int in the unit of its asset: micros of collateral, lots of an outcome token.
* ``total`` changes only by postings, ``held`` only with the hold of an order; a customer's
  ``0 <= held <= total`` always.
* Balances and positions are keyed by one int (account and asset, account and market): a tuple per
  look-up would double the cost of a settlement.
* What there are many of are structs; without containers the garbage collector skips them.
"""

from collections import deque
from typing import Final, NamedTuple

from msgspec import Struct, field

from outcry.domain.fees import FREE, FeeSchedule
from outcry.domain.ids import FIRST_ACCOUNT
from outcry.domain.ledger.in_transit import ChainState
from outcry.domain.ledger.people import ApiKey, User
from outcry.domain.ledger.sessions import Session, SessionKey
from outcry.domain.market import MarketState, SettlementMode
from outcry.domain.mode import Mode
from outcry.domain.order import Order
from outcry.domain.units import MICROS_PER_SECOND, TICKS_PER_UNIT


MICROS_PER_HOUR: Final = 3_600 * MICROS_PER_SECOND

#: Keys are ``account << ASSET_BITS | asset``; hot code writes that out.
ASSET_BITS: Final = 34


def balance_key(account: int, asset: int) -> int:
    """Return the key of the balance of *asset* on *account* (which may be negative)."""
    return account << ASSET_BITS | asset


def split_key(key: int) -> tuple[int, int]:
    """Return ``(account, asset)`` of a balance key, or ``(account, market_id)`` of a position's."""
    return key >> ASSET_BITS, key & ((1 << ASSET_BITS) - 1)


class Balance(Struct, gc=False, array_like=True):
    """Of one asset on one account; available is ``total - held``."""

    total: int = 0
    held: int = 0


class Position(Struct, array_like=True):
    """What an account made of a market, in micros; the tokens themselves are balances."""

    #: Average-cost basis of the tokens of each outcome.
    cost: list[int] = field(default_factory=lambda: [0, 0])
    #: Lots ever bought (or split) of each outcome.
    bought: list[int] = field(default_factory=lambda: [0, 0])
    #: Proceeds minus cost of what was sold, merged or redeemed; fees apart.
    realised: int = 0
    fees: int = 0
    #: Paid minus received by trades, splits and merges.
    net_cash: int = 0
    redeemed: int = 0
    redeemed_at_us: int = 0
    #: Micros ever paid for the tokens of each outcome, sold since or not.
    paid: list[int] = field(default_factory=lambda: [0, 0])


class Event(Struct, array_like=True):
    """A real-world question."""

    event_id: int
    identifier: str
    end_at_us: int
    request_hash: bytes
    #: Log entry that created it.
    n: int
    #: Its markets by their identifiers.
    markets: dict[str, int] = field(default_factory=dict)


class Market(Struct, array_like=True):
    """A proposition with two outcomes and one book. Prices in ticks, quantities in lots."""

    market_id: int
    event_id: int
    shard: int
    identifier: str
    tokens: tuple[str, str]
    tick: int
    price_min: int
    price_max: int
    qty_min: int
    qty_max: int
    orders_max: int
    fee_version: int
    end_at_us: int
    request_hash: bytes
    #: Log entry that listed it.
    n: int
    #: How long a proposed payout may be disputed; 0: it stands at once.
    dispute_window_us: int = 0
    settlement: SettlementMode = SettlementMode.BOOK
    state: MarketState = MarketState.OPEN
    payout: tuple[int, int] = (0, 0)
    proposed: tuple[int, int] = (0, 0)
    #: When the proposed payout stands unless it is disputed before; 0 while none is proposed.
    final_at_us: int = 0
    #: Orders that are new or open, by id.
    orders: dict[int, Order] = field(default_factory=dict)
    #: Who ever had a position in it.
    accounts: list[int] = field(default_factory=list)
    #: Micros that changed sides: a fill counts its whole pair, 10,000 ticks a lot, and only when
    #: it is final: one that waits for a chain when it is confirmed.
    volume: int = 0
    #: Outcome-0 price of the last of these fills, 0 before the first.
    last_price: int = 0
    #: Fills whose value waits for the chain.
    pending_count: int = 0
    #: The kernel has closed the book; the market follows when nothing is pending.
    book_closed: bool = False
    closed_at_us: int = 0
    resolved_at_us: int = 0

    def traded(self, price: int, qty: int) -> None:
        """Count a fill that is final."""
        self.volume += TICKS_PER_UNIT * qty
        self.last_price = price


class Shard(Struct, array_like=True):
    """Where the commands and facts of one engine stand."""

    numbered: int = 0
    applied: int = 0
    time_us: int = 0
    #: Most resting orders of one account and of all, as last numbered.
    limits: tuple[int, int] = (0, 0)
    #: Seq of the cancel-all that is on its way, by account and instrument (0: all).
    cancel_alls: dict[tuple[int, int], int] = field(default_factory=dict)


class ClientOrder(NamedTuple):
    """What a repeat of a request is answered with; the order's end is added when it ends."""

    order_id: int
    request_hash: bytes
    n: int
    status: int = 0
    filled: int = 0
    remaining: int = 0
    volume: int = 0
    fee: int = 0
    reason: int = 0
    reject: int = 0


class Retention(NamedTuple):
    """How long a repeat is recognised, in micros of the log's own time."""

    #: Of an order by its client order id, counted from the order's end.
    client_orders_us: int = 24 * MICROS_PER_HOUR
    #: Of a split, merge or redemption by the key its customer gave it, counted from then.
    own_keys_us: int = 30 * 24 * MICROS_PER_HOUR


class KeyedOp(NamedTuple):
    """A money operation that a natural key protects from happening twice."""

    content: tuple[int | str, ...]
    n: int
    amount: int


class Season(NamedTuple):
    """A time in which users are ranked: ``[start_us, end_us)``."""

    season_id: int
    start_us: int
    end_us: int


class Limits(NamedTuple):
    """Bounds of what an account may have; 0 is none. See `outcry.domain.ledger.limits`."""

    orders_max: int = 0
    position_max: int = 0
    notional_max: int = 0


class Usage(Struct, gc=False, array_like=True):
    """What live orders of an account use of its limits: in one market, or in all."""

    orders: int = 0
    #: Micros set aside for buys.
    notional: int = 0
    #: Lots that may still be bought, of each outcome; of one market only.
    buying_0: int = 0
    buying_1: int = 0


class Ledger(Struct):
    """The whole state; the fold of the log."""

    #: Log entry being applied, or applied last.
    n: int = 0
    time_us: int = 0
    mode: Mode = Mode.NORMAL
    balances: dict[int, Balance] = field(default_factory=dict)
    positions: dict[int, Position] = field(default_factory=dict)
    orders: dict[int, Order] = field(default_factory=dict)
    events: dict[int, Event] = field(default_factory=dict)
    event_ids: dict[str, int] = field(default_factory=dict)
    markets: dict[int, Market] = field(default_factory=dict)
    #: ``(market_id, outcome)`` of each token id.
    tokens: dict[str, tuple[int, int]] = field(default_factory=dict)
    users: dict[int, User] = field(default_factory=dict)
    user_ids: dict[str, int] = field(default_factory=dict)
    #: The user of each address, in the spelling of `people.address_key`.
    addresses: dict[str, int] = field(default_factory=dict)
    #: Owner of each account.
    owners: dict[int, int] = field(default_factory=dict)
    keys: dict[int, ApiKey] = field(default_factory=dict)
    fees: dict[int, FeeSchedule] = field(default_factory=lambda: {0: FREE})
    shards: dict[int, Shard] = field(default_factory=dict)
    retention: Retention = Retention()
    keyed_ops: dict[tuple[str, str], KeyedOp] = field(default_factory=dict)
    #: When and which customers' keys were used, oldest first; the exchange's own never age.
    own_keys_used: deque[tuple[int, tuple[str, str]]] = field(default_factory=deque)
    client_orders: dict[tuple[int, str], ClientOrder] = field(default_factory=dict)
    #: When and which orders with a client id ended, oldest first.
    client_orders_ended: deque[tuple[int, int, tuple[int, str]]] = field(default_factory=deque)
    chain: ChainState = field(default_factory=ChainState)
    #: Why an account may only cancel, by account.
    frozen: dict[int, str] = field(default_factory=dict)
    next_order_id: int = 1
    next_event_id: int = 1
    next_market_id: int = 1
    next_user_id: int = 1
    next_account: int = FIRST_ACCOUNT
    next_key_id: int = 1
    #: How far each stream from outside has been taken in, by its name.
    inputs: dict[str, tuple[int, int]] = field(default_factory=dict)
    #: By account and market, 0 for any. While there are none, nothing is counted.
    limits: dict[int, Limits] = field(default_factory=dict)
    #: By account and market, 0 for all; and what each live order counts for in it.
    usage: dict[int, Usage] = field(default_factory=dict)
    counted: dict[int, tuple[int, int, int]] = field(default_factory=dict)
    #: Seasons by name.
    seasons: dict[str, Season] = field(default_factory=dict)
    sessions: dict[SessionKey, Session] = field(default_factory=dict)

    def balance(self, account: int, asset: int) -> Balance:
        """Return the balance, which comes into being when it is first asked for."""
        key = account << ASSET_BITS | asset
        balance = self.balances.get(key)
        if balance is None:
            balance = self.balances[key] = Balance()
        return balance

    def total(self, account: int, asset: int) -> int:
        """Return all that the account has of *asset*."""
        balance = self.balances.get(account << ASSET_BITS | asset)
        return balance.total if balance else 0

    def available(self, account: int, asset: int) -> int:
        """Return what of *asset* the account may use."""
        key = account << ASSET_BITS | asset
        balance = self.balances.get(key)
        if balance is None:
            return 0
        free = balance.total - balance.held
        if self.chain.exits and free > 0:
            return max(0, free - self.chain.exits.get(key, 0))
        return free

    def free(self, account: int, asset: int) -> int:
        """Return what of *asset* is not set aside, an exit that was announced included."""
        balance = self.balances.get(account << ASSET_BITS | asset)
        return balance.total - balance.held if balance else 0

    def outgoing(self, account: int, asset: int) -> int:
        """Return what of *asset* left the account and may come back: it waits for the chain."""
        transit = self.chain.transit.get(account << ASSET_BITS | asset)
        return transit.outgoing if transit else 0

    def position(self, account: int, market_id: int) -> Position:
        """Return the position, which comes into being when it is first asked for."""
        key = account << ASSET_BITS | market_id
        position = self.positions.get(key)
        if position is None:
            position = self.positions[key] = Position()
            self.markets[market_id].accounts.append(account)
        return position

    def shard(self, number: int) -> Shard:
        """Return where shard *number* stands."""
        shard = self.shards.get(number)
        if shard is None:
            shard = self.shards[number] = Shard()
        return shard
