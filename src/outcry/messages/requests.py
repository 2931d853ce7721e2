"""What doors ask of the ledger, and what it answers. Doors have translated outside words already.

Amounts are integers in the units of `outcry.domain.units`. ``price`` is in outcome-0 ticks. Every
request is answered by exactly one result in the same position of the batch: the fitting success
struct or `Declined`. No answer is given before what it says is committed.
"""

from msgspec import Struct, msgpack

from outcry.messages.chain_requests import ChainReportOp, FreezeOp, ReleaseOp
from outcry.messages.escrow_requests import EscrowOp
from outcry.messages.session_requests import SessionGranted, SessionRequest
from outcry.messages.signed_orders import SignedOrder


class PlaceRequest(Struct, frozen=True, array_like=True, tag="place", gc=False):
    """Enter an order.

    ``price`` is the limit, or the bound of a market order (0: the widest the market allows);
    ``qty`` is 0 and ``budget`` the all-in money of an order by money, else ``budget`` is 0.
    ``market_end`` of the market and ``expire_at_us`` are judged by the sequencer's time.
    ``signed`` is the order as its maker signed it, for markets that settle on a chain.
    """

    account: int
    market_id: int
    outcome: int
    side: int
    kind: int
    tif: int
    post_only: bool
    self_trade: int
    price: int
    qty: int
    budget: int
    expire_at_us: int
    client_order_id: str
    signed: SignedOrder | None = None


class CancelRequest(Struct, frozen=True, array_like=True, tag="cancel", gc=False):
    """Cancel one order of the account, named by id or (id 0) by client order id."""

    account: int
    order_id: int
    client_order_id: str


class CancelAllRequest(Struct, frozen=True, array_like=True, tag="cancel_all", gc=False):
    """Cancel every open order of the account: in one market, of one event, or (0, 0) everywhere."""

    account: int
    event_id: int
    market_id: int


class ReduceRequest(Struct, frozen=True, array_like=True, tag="reduce", gc=False):
    """Take ``by`` lots off an order, named like that of a cancel; it keeps its priority.

    When nothing is left the order is cancelled.
    """

    account: int
    order_id: int
    client_order_id: str
    by: int


class ReplaceRequest(Struct, frozen=True, array_like=True, tag="replace", gc=False):
    """Give an order, named like that of a cancel, a new price and total quantity.

    ``own_price`` is in ticks of the order's own outcome, or with ``in_book`` of outcome 0: who asks
    need not know which one the order is about.
    ``total_qty`` counts what is filled already. Only an order that becomes smaller at its price
    keeps its priority; with ``post_only`` one that would trade at once is left as it was.
    """

    account: int
    order_id: int
    client_order_id: str
    own_price: int
    total_qty: int
    post_only: bool
    in_book: bool = False


class DryRun(Struct, frozen=True, array_like=True, tag="dry_run", gc=False):
    """Say whether an order would be numbered now, and do nothing."""

    order: PlaceRequest


OrderCommand = PlaceRequest | CancelRequest | CancelAllRequest | ReduceRequest | ReplaceRequest


class SessionCommand(Struct, frozen=True, array_like=True, tag="of_session", gc=False):
    """Carry out command ``seq`` of a session, once however often it is sent.

    ``opened`` is the connection that sends it (`OpenSession`). A repeat of one that was taken is
    answered as taken (``repeated``), of one that was refused as refused.
    """

    session: int
    opened: int
    seq: int
    command: OrderCommand


OrderRequest = DryRun | OrderCommand | SessionCommand | SessionRequest


class OrderAccepted(Struct, frozen=True, array_like=True, tag="order", gc=False):
    """The order, or the change of one, is numbered and durable.

    ``n`` is the log entry that says so. With ``wait=result`` the rest is what became of it (log
    entry ``result_n``), or status `NEW` when the bound on waiting passed: ask again by id.
    """

    order_id: int
    n: int
    #: An `outcry.domain.order.OrderStatus`.
    status: int = 0
    filled: int = 0
    remaining: int = 0
    #: Micros paid or received for fills, fees apart.
    volume: int = 0
    fee: int = 0
    reason: int = 0
    reject: int = 0
    result_n: int = 0
    #: This is the first answer, given again to a repeat of the same request.
    repeated: bool = False
    #: Seq of the command that changed it last (in the market's shard); 0 when it ended before.
    update_id: int = 0
    #: Of a dry run, whose ``order_id`` is 0: what would be set aside, micros or lots.
    hold: int = 0
    #: shard << 48 | seq of the command this request became; 0 when it became none.
    command: int = 0


class CancelAccepted(Struct, frozen=True, array_like=True, tag="cancelled", gc=False):
    """The cancel is numbered and durable; with ``wait=result``, ``order_ids`` were cancelled."""

    n: int
    order_ids: list[int]
    #: As in `OrderAccepted`; 0 when the request became more than one command.
    command: int = 0
    #: The log entry with what the kernel made of it, 0 when that was not waited for.
    result_n: int = 0


class Declined(Struct, frozen=True, array_like=True, tag="declined", gc=False):
    """Nothing was done. ``reject`` is an `outcry_wire.rejects.Reject`."""

    reject: int
    got: str = ""
    expected: str = ""
    retry_after_ms: int = 0


OrderResult = OrderAccepted | CancelAccepted | SessionGranted | Declined


class SubmitBatch(Struct, frozen=True, array_like=True, gc=False):
    """A batch of order requests. ``wait_result``: answer when the kernel has spoken (bounded)."""

    requests: list[OrderRequest]
    wait_result: bool = False


class DepositOp(Struct, frozen=True, array_like=True, tag="deposit", gc=False):
    """Credit *amount* of *asset*; ``key`` (a transaction hash, say) makes it happen once."""

    actor: int
    account: int
    asset: int
    amount: int
    key: str


class WithdrawOp(Struct, frozen=True, array_like=True, tag="withdraw", gc=False):
    """Debit *amount* of *asset* from what is available; once per ``key``."""

    actor: int
    account: int
    asset: int
    amount: int
    key: str


class TransferOp(Struct, frozen=True, array_like=True, tag="transfer", gc=False):
    """Move *amount* of *asset* between two accounts of one user; once per ``key`` of the source.

    Tokens take their part of the cost with them.
    """

    actor: int
    user_id: int
    source: int
    target: int
    asset: int
    amount: int
    key: str


class SplitOp(Struct, frozen=True, array_like=True, tag="split", gc=False):
    """Turn collateral into ``qty`` lots of each outcome. ``key`` "" : not idempotent."""

    actor: int
    account: int
    market_id: int
    qty: int
    key: str


class MergeOp(Struct, frozen=True, array_like=True, tag="merge", gc=False):
    """Turn ``qty`` lots of each outcome into collateral."""

    actor: int
    account: int
    market_id: int
    qty: int
    key: str


class RedeemOp(Struct, frozen=True, array_like=True, tag="redeem", gc=False):
    """Turn all the account's tokens of a paid market into collateral."""

    actor: int
    account: int
    market_id: int
    key: str


class MarketSpec(Struct, frozen=True, array_like=True, gc=False):
    """A market to be listed. Token ids "" are derived from the market's identifiers."""

    identifier: str
    question: str
    slug: str = ""
    title: str = ""
    image: str = ""
    condition_id: str = ""
    parent_collection_id: str = ""
    outcome_0: str = "Yes"
    outcome_1: str = "No"
    token_0: str = ""
    token_1: str = ""
    tick: int = 1
    #: Ticks; the upper bound is its complement.
    price_min: int = 10
    qty_min: int = 1
    qty_max: int = 10**9
    fee_version: int = 0
    #: Seconds are for doors; this is microseconds, 0 for the event's end.
    end_at_us: int = 0
    #: How long a proposed payout may be disputed; 0: it stands at once.
    dispute_window_us: int = 0
    #: An `outcry.domain.market.SettlementMode`; none: that of the exchange.
    settlement: int | None = None


class CreateEventOp(Struct, frozen=True, array_like=True, tag="create_event", gc=False):
    """Create an event with its first markets, all or nothing; once per ``identifier``."""

    actor: int
    identifier: str
    title: str
    slug: str
    description: str
    image: str
    topic: str
    rules: str
    start_at_us: int
    end_at_us: int
    markets: list[MarketSpec]


class AddMarketOp(Struct, frozen=True, array_like=True, tag="add_market", gc=False):
    """Add a market to an event; once per identifier in the event."""

    actor: int
    event_id: int
    market: MarketSpec


class MarketMoveOp(Struct, frozen=True, array_like=True, tag="market_move", gc=False):
    """Pause, resume, close or dispute a market: an `outcry.domain.market.MarketMove`."""

    actor: int
    market_id: int
    move: int
    reason: str


class EventMoveOp(Struct, frozen=True, array_like=True, tag="event_move", gc=False):
    """Make the same move with every market of an event that can make it now; one has to.

    `Done.ids` names the markets that made it.
    """

    actor: int
    event_id: int
    move: int
    reason: str


class MarketPayout(Struct, frozen=True, array_like=True, gc=False):
    """What a market is to pay, in ticks of each outcome; they sum to 10,000."""

    market_id: int
    payout_0: int
    payout_1: int


class ProposeOp(Struct, frozen=True, array_like=True, tag="propose", gc=False):
    """Propose the payout of a closed or disputed market.

    It stands when the market's dispute window ends; without a window it stands at once.
    """

    actor: int
    market_id: int
    payout_0: int
    payout_1: int


class EventPayoutOp(Struct, frozen=True, array_like=True, tag="event_payout", gc=False):
    """Propose, or resolve, the payouts of several markets of one event, all or none."""

    actor: int
    event_id: int
    propose: bool
    payouts: list[MarketPayout]


class EventVoidOp(Struct, frozen=True, array_like=True, tag="event_void", gc=False):
    """Void every market of an event that has no payout yet, like `VoidOp`; all or none."""

    actor: int
    event_id: int
    payout_0: int
    payout_1: int
    refund: bool = False


class ResolveOp(Struct, frozen=True, array_like=True, tag="resolve", gc=False):
    """Fix the payout of a closed market, in ticks of each outcome; they sum to 10,000."""

    actor: int
    market_id: int
    payout_0: int
    payout_1: int


class VoidOp(Struct, frozen=True, array_like=True, tag="void", gc=False):
    """End a closed or disputed market without an outcome.

    It pays the vector; or, with ``refund`` and (0, 0), gives everybody back what they paid in.
    """

    actor: int
    market_id: int
    payout_0: int
    payout_1: int
    refund: bool = False


class SetFeesOp(Struct, frozen=True, array_like=True, tag="set_fees", gc=False):
    """Create the next version of fee schedule; markets name the version they use."""

    actor: int
    kind: int
    taker_bps: int
    maker_bps: int
    rebate_bps: int


class CreateUserOp(Struct, frozen=True, array_like=True, tag="create_user", gc=False):
    """Register a user by the subject of their tokens; once per ``external_id``."""

    actor: int
    external_id: str
    address: str
    name: str
    #: The user whose invitation they came with, 0: none. Nobody there counts as none.
    invited_by: int = 0


class LinkAddressOp(Struct, frozen=True, array_like=True, tag="link_address", gc=False):
    """Know a user by an address that they have shown to be theirs, in place of the one before."""

    actor: int
    user_id: int
    address: str


class SetProfileOp(Struct, frozen=True, array_like=True, tag="set_profile", gc=False):
    """Change what a user shows of themselves; "" leaves a text as it was."""

    actor: int
    user_id: int
    name: str
    bio: str
    image: str


class SetSeasonOp(Struct, frozen=True, array_like=True, tag="set_season", gc=False):
    """Create the season with this name, or move it, to the days ``[start_us, end_us)``."""

    actor: int
    name: str
    start_us: int
    end_us: int


class OpenAccountOp(Struct, frozen=True, array_like=True, tag="open_account", gc=False):
    """Open a further account of a user; once per ``label`` of theirs."""

    actor: int
    user_id: int
    label: str


class CreateKeyOp(Struct, frozen=True, array_like=True, tag="create_key", gc=False):
    """Create an API key for a user with some of the scopes read, trade, admin."""

    actor: int
    user_id: int
    scopes: tuple[str, ...]
    label: str


class RotateKeyOp(Struct, frozen=True, array_like=True, tag="rotate_key", gc=False):
    """Give an API key a new secret: its next generation. The old one is refused at once."""

    actor: int
    user_id: int
    key_id: int


class RevokeKeyOp(Struct, frozen=True, array_like=True, tag="revoke_key", gc=False):
    """Stop accepting an API key."""

    actor: int
    user_id: int
    key_id: int


class SetClockOp(Struct, frozen=True, array_like=True, tag="set_clock", gc=False):
    """Advance the manual clock; everything due until then happens in order."""

    actor: int
    time_us: int


class SetModeOp(Struct, frozen=True, array_like=True, tag="set_mode", gc=False):
    """Set the exchange's mode: an `outcry.domain.mode.Mode`."""

    actor: int
    mode: int


class SetLimitsOp(Struct, frozen=True, array_like=True, tag="set_limits", gc=False):
    """Bound what an account (0: each) may have in a market (0: in all together); 0 is no limit.

    Resting orders, lots of one outcome, micros set aside for buys.
    """

    actor: int
    account: int
    market_id: int
    orders_max: int
    position_max: int
    notional_max: int


class TakeInputOp(Struct, frozen=True, array_like=True, tag="take_input", gc=False):
    """Remember that a stream from outside is taken in up to a place; an earlier one does nothing.

    `Done.ids` says up to where it is now: with place (0, 0) that is all this asks.
    """

    actor: int
    stream: str
    major: int
    minor: int


class CheckpointOp(Struct, frozen=True, array_like=True, tag="checkpoint", gc=False):
    """Number a `Checkpoint` on every shard; the hashes come as facts and are compared."""

    actor: int


FundsOp = (
    DepositOp
    | WithdrawOp
    | TransferOp
    | SplitOp
    | MergeOp
    | RedeemOp
    | CreateEventOp
    | AddMarketOp
    | MarketMoveOp
    | EventMoveOp
    | ProposeOp
    | EventPayoutOp
    | EventVoidOp
    | ResolveOp
    | VoidOp
    | SetFeesOp
    | CreateUserOp
    | OpenAccountOp
    | LinkAddressOp
    | SetProfileOp
    | SetSeasonOp
    | CreateKeyOp
    | RotateKeyOp
    | RevokeKeyOp
    | SetClockOp
    | SetModeOp
    | SetLimitsOp
    | TakeInputOp
    | CheckpointOp
    | ChainReportOp
    | FreezeOp
    | ReleaseOp
    | EscrowOp
)


class Done(Struct, frozen=True, array_like=True, tag="done", gc=False):
    """The operation is committed in log entry ``n``.

    ``id`` is that of what was made (user, event, market, key, season, fee version) or 0; ``ids``
    names the further ones (markets of an event, or those that moved; account of a user;
    generation of a key); ``amount`` is what was paid (redeem, micros). ``repeated``: an earlier
    request did this.
    """

    n: int
    id: int = 0
    ids: tuple[int, ...] = ()
    amount: int = 0
    repeated: bool = False


FundsResult = Done | Declined


class ApplyBatch(Struct, frozen=True, array_like=True, gc=False):
    """Facts ``first..last`` of a shard, whole commands."""

    shard: int
    first: int
    last: int
    body: bytes


class Applied(Struct, frozen=True, array_like=True, gc=False):
    """Facts up to ``seq`` of the shard are applied and committed."""

    shard: int
    seq: int


encode = msgpack.Encoder().encode
decode_submit = msgpack.Decoder(SubmitBatch).decode
decode_results = msgpack.Decoder(list[OrderResult]).decode
decode_funds = msgpack.Decoder(FundsOp).decode
decode_funds_result = msgpack.Decoder(FundsResult).decode
decode_apply = msgpack.Decoder(ApplyBatch).decode
decode_applied = msgpack.Decoder(Applied).decode
