"""Rows of the projection, filled in: a test names only the fields that it is about."""

from outcry.ports.projection import (
    ActivityRow,
    BalanceRow,
    EventRow,
    KeyRow,
    MarketRow,
    OrderRow,
    PositionRow,
    Rows,
    TradeRow,
    UserRow,
)
from outcry.ports.rows import (
    AccountRow,
    AuditRow,
    CandleRow,
    JournalRow,
    LimitRow,
    PortfolioRow,
    ProfileRow,
    SeasonRow,
    TurnoverRow,
    VerdictRow,
    WithdrawalRow,
    pack_leg,
)


#: Larger than any double or 32-bit number can hold exactly.
BIG = (1 << 62) + 1
NO_ROWS = Rows(*([] for _ in Rows._fields))

USER = UserRow(1, 1001, "auth0|1", "0xabc", "Ada", 1_700)
KEY = KeyRow(1, 1, 1, "read,trade", "bot", 1_700, 0)
EVENT = EventRow(1, "e-1", "slug", "Title", "Text", "img", "sports", "Rules", 0, 0, 1_700)
MARKET = MarketRow(
    market_id=1,
    event_id=1,
    shard=0,
    identifier="m-1",
    slug="slug",
    title="Title",
    question="Will it?",
    image="img",
    condition_id="0x" + "ab" * 32,
    parent_collection_id="",
    outcome_0="Yes",
    outcome_1="No",
    token_0="9" * 78,
    token_1="8" * 78,
    tick=10,
    price_min=10,
    price_max=9_990,
    qty_min=1,
    qty_max=10**9,
    orders_max=1_000,
    fee_version=0,
    state=1,
    payout_0=0,
    payout_1=0,
    end_at_us=0,
    created_at_us=1_700,
    closed_at_us=0,
    resolved_at_us=0,
    volume=0,
    last_price=0,
)
WITHDRAWAL = WithdrawalRow(1, 1001, 0, 500, 0, "", "", 1_700, 0)
POSITION = PositionRow(1001, 1, 10, 20, -30, 4, -50, 0, 0, 100, 200)
ORDER = OrderRow(
    order_id=1,
    account=1001,
    market_id=1,
    outcome=0,
    side=0,
    kind=0,
    tif=0,
    post_only=0,
    price=5_000,
    qty=100,
    budget=0,
    remaining=100,
    filled=0,
    volume=0,
    fee=0,
    hold=500_000,
    fee_version=0,
    status=1,
    reason=0,
    reject=0,
    client_order_id="",
    expire_at_us=0,
    created_at_us=1_700,
    updated_at_us=1_700,
    update_id=1,
    placed_n=1,
    updated_n=1,
)
TRADE = TradeRow(
    trade_id=1,
    fill=0,
    market_id=1,
    match=0,
    price=5_000,
    qty=10,
    taker_order=1,
    taker_account=1001,
    taker_outcome=0,
    taker_side=0,
    taker_fee=5,
    maker_order=2,
    maker_account=1002,
    maker_outcome=0,
    maker_side=1,
    maker_fee=-1,
    at_us=1_700,
    n=1,
)
JOURNAL = JournalRow(1001, 1, pack_leg(0, 0, -50_000, 950_000, 3, 1, 1_700))
ACTIVITY = ActivityRow(1001, 1, 0, "split", 1, 10, 100_000, "0xkey", 1_700)
CANDLE = CandleRow(1, 60, 60_000_000, 5_000, 5_200, 4_900, 5_100, 30, 152_000, 3)
TURNOVER = TurnoverRow(7, 0, 150_000, 5, 2)
PORTFOLIO = PortfolioRow(1001, 3_600_000_000, 950_000, 50_000)
ACCOUNT = AccountRow(1001, 1, "hedges", 1_700)
PROFILE = ProfileRow(1, "Ada", "Counts.", "https://example.org/ada.png")
SEASON = SeasonRow(1, "Spring", 0, 86_400_000_000)
LIMIT = LimitRow(1001, 0, 5, 0, 10)
VERDICT = VerdictRow(1, 7, 0, 0, "0xab", "the order expired before it settled", 1_900, 9)
AUDIT = AuditRow(1, 0, 1, "pause", '{"market": 1}', 1_700, 7)


def balance(account: int, asset: int, total: int, held: int = 0) -> BalanceRow:
    """Return a balance."""
    return BalanceRow(account, asset, total, held)
