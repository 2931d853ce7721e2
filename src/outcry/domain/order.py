"""Orders: what a client asks for, and what the ledger keeps."""

from enum import IntEnum
from typing import Protocol

from msgspec import Struct

from outcry.domain.market import own_price
from outcry.domain.signed_order import SignedOrder


class OrderStatus(IntEnum):
    """Where an order is in its life; everything above `OPEN` is final."""

    #: Numbered and durable; the kernel has not spoken yet.
    NEW = 0
    #: It rests in the book, perhaps partly filled.
    OPEN = 1
    FILLED = 2
    CANCELLED = 3
    REJECTED = 4


class OrderTerms(Protocol):
    """What a client asks for. Prices are outcome-0 ticks, quantities lots, money micros."""

    @property
    def account(self) -> int:
        """Whose order it is."""
        ...

    @property
    def market_id(self) -> int:
        """The market."""
        ...

    @property
    def outcome(self) -> int:
        """0 or 1."""
        ...

    @property
    def side(self) -> int:
        """A `Side`."""
        ...

    @property
    def kind(self) -> int:
        """An `OrderKind`."""
        ...

    @property
    def tif(self) -> int:
        """A `TimeInForce`."""
        ...

    @property
    def post_only(self) -> bool:
        """Whether it must not trade on entry."""
        ...

    @property
    def self_trade(self) -> int:
        """A `SelfTrade`."""
        ...

    @property
    def price(self) -> int:
        """The limit, or the bound of a market order (0: the widest)."""
        ...

    @property
    def qty(self) -> int:
        """Lots; 0 for an order by money."""
        ...

    @property
    def budget(self) -> int:
        """All-in micros of an order by money, else 0."""
        ...

    @property
    def expire_at_us(self) -> int:
        """When a GTD order ends, else 0."""
        ...

    @property
    def client_order_id(self) -> str:
        """The client's name for it, or ""."""
        ...

    @property
    def signed(self) -> SignedOrder | None:
        """The order as its maker signed it, if so."""
        ...


class Order(Struct, gc=False, array_like=True):
    """An order that was numbered, as the ledger knows it."""

    order_id: int
    account: int
    user_id: int
    market_id: int
    outcome: int
    side: int
    kind: int
    tif: int
    post_only: int
    self_trade: int
    price: int
    #: Lots asked for; reduced and replaced quantities included. 0 for an order by money.
    qty: int
    #: All-in micros asked for, 0 unless by money.
    budget: int
    #: Lots not yet filled; 0 for an order by money.
    remaining: int
    #: Micros (buy) or lots (sell) set aside; the account's ``held`` is the sum of these.
    hold: int
    fee_version: int
    client_order_id: str
    expire_at_us: int
    created_at_us: int
    placed_n: int
    filled: int = 0
    #: Micros paid or received for fills at own-outcome prices, fees apart.
    volume: int = 0
    #: Micros of fees paid, rebates taken off.
    fee: int = 0
    fee_slack: int = 0
    rebate_remainder: int = 0
    status: int = OrderStatus.NEW
    reason: int = 0
    reject: int = 0
    updated_at_us: int = 0
    #: Seq of the command that changed it last.
    update_id: int = 0
    #: Seq at which it took its place in the queue of its price; 0 while it does not rest.
    priority_seq: int = 0
    #: The terms of a replace on its way: book price and total lots; 0 lots while there is none.
    replace_price: int = 0
    replace_qty: int = 0
    #: Lots of those filled whose settlement failed on the chain.
    failed: int = 0
    #: One more than the session with whose connection it goes; 0: it stays.
    session: int = 0

    @property
    def own_limit(self) -> int:
        """The limit in ticks of its own outcome."""
        return own_price(self.outcome, self.price)
