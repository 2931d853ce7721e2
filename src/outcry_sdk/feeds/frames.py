"""Messages of the feeds. Amounts are Decimals, times milliseconds; newer fields are ignored."""

from decimal import Decimal

from msgspec import Raw, Struct, json


class LevelFrame(Struct, frozen=True, gc=False):
    """A level with its new total; 0: it is gone."""

    price: Decimal
    total_quantity: Decimal
    total_size: Decimal


class SideFrame(Struct, frozen=True, gc=False):
    """What one token sees; ``latest_trade_price`` is "" before the first trade."""

    bids: list[LevelFrame]
    asks: list[LevelFrame]
    latest_trade_price: str = ""


class PublicTrade(Struct, frozen=True, gc=False):
    """One fill, told from the taker's side."""

    trade_id: int
    fill: int
    token_id: str
    side: str
    price: Decimal
    quantity: Decimal
    size: Decimal
    match: str
    timestamp: int


class PublicFrame(Struct, frozen=True, gc=False):
    """Anything that the public feed says: ``depths``, ``changes``, or an answer."""

    event_type: str = ""
    event_id: int = 0
    market_id: int = 0
    prev_update_id: int = 0
    update_id: int = 0
    timestamp: int = 0
    depths: dict[str, SideFrame] | None = None
    changes: dict[str, SideFrame] | None = None
    trades: list[PublicTrade] = []
    dropped: int = 0
    trades_dropped: int = 0
    #: Of a refusal.
    message: str = ""
    reject: int = 0
    name: str = ""
    got: str = ""
    expected: str = ""


class OrderUpdate(Struct, frozen=True, kw_only=True, gc=False):
    """An order of one's own as it is now."""

    types: str
    event_id: int
    market_id: int
    order_id: int
    client_order_id: str
    side: str
    outcome_name: str
    token_id: str
    order_type: str
    time_in_force: str
    price: Decimal
    quantity: Decimal
    filled_quantity: Decimal
    cancelled_quantity: Decimal
    volume: Decimal
    filled_volume: Decimal
    fee: Decimal
    status: str
    resting: bool
    reason: str
    reject: int
    created_at: int
    updated_at: int
    update_id: int
    #: Which of one's further accounts it is of, 0 for the first one.
    account: int = 0

    @property
    def over(self) -> bool:
        """Return whether it has ended."""
        return self.status in ("filled", "cancelled", "rejected")


class PositionUpdate(Struct, frozen=True, kw_only=True, gc=False):
    """Tokens of one outcome as they are now."""

    types: str
    event_id: int
    market_id: int
    token_id: str
    outcome_name: str
    quantity: Decimal
    held_quantity: Decimal
    avg_price: Decimal
    cost: Decimal
    realised: Decimal
    update_id: int
    #: What waits for the chain, both outside ``quantity``.
    incoming: Decimal = Decimal(0)
    outgoing: Decimal = Decimal(0)
    #: Which of one's further accounts it is of, 0 for the first one.
    account: int = 0


class BalanceUpdate(Struct, frozen=True, kw_only=True, gc=False):
    """Collateral as it is now: total = available + held."""

    total: Decimal
    available: Decimal
    held: Decimal
    update_id: int
    #: What waits for the chain, both outside ``total``.
    incoming: Decimal = Decimal(0)
    outgoing: Decimal = Decimal(0)
    #: Which of one's further accounts it is of, 0 for the first one.
    account: int = 0


class OwnTrade(Struct, frozen=True, kw_only=True, gc=False):
    """One side of one fill."""

    trade_id: int
    fill: int
    order_id: int
    event_id: int
    market_id: int
    token_id: str
    outcome_name: str
    side: str
    role: str
    match: str
    price: Decimal
    quantity: Decimal
    value: Decimal
    fee: Decimal
    timestamp: int
    #: It waits for the chain: `SettledTrade` follows.
    pending: bool = False
    #: Which of one's further accounts it is of, 0 for the first one.
    account: int = 0


class SettledTrade(Struct, frozen=True, kw_only=True, gc=False):
    """What the chain said of one side of a fill: ``verdict`` confirmed, failed or reverted."""

    trade_id: int
    fill: int
    order_id: int
    event_id: int
    market_id: int
    token_id: str
    outcome_name: str
    side: str
    price: Decimal
    quantity: Decimal
    verdict: str
    reason: str
    tx_hash: str
    timestamp: int
    #: Which of one's further accounts it is of, 0 for the first one.
    account: int = 0


class SnapshotPart(Struct, frozen=True, gc=False):
    """A part of everything that is open, all of it of one account."""

    balance: BalanceUpdate
    orders: list[OrderUpdate]
    positions: list[PositionUpdate]
    #: Which of one's further accounts it is of, 0 for the first one.
    account: int = 0


class PrivateFrame(Struct, frozen=True, gc=False):
    """Anything that the private feed says; ``event_type`` says what ``data`` is."""

    event_type: str
    n: int = 0
    prev_n: int = 0
    last: bool = False
    part: int = 0
    parts: int = 0
    truncated: bool = False
    data: Raw = Raw()
    #: Of the answer to a login.
    success: bool = True
    user_id: int = 0
    message: str = ""
    reject: int = 0
    name: str = ""
    got: str = ""
    expected: str = ""


public_frame = json.Decoder(PublicFrame).decode
private_frame = json.Decoder(PrivateFrame).decode
order_update = json.Decoder(OrderUpdate).decode
position_update = json.Decoder(PositionUpdate).decode
balance_update = json.Decoder(BalanceUpdate).decode
own_trade = json.Decoder(OwnTrade).decode
settled_trade = json.Decoder(SettledTrade).decode
snapshot_part = json.Decoder(SnapshotPart).decode
