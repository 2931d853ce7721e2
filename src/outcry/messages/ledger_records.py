"""Ledger records: everything in the log that is not a kernel command or fact.

A record states a decision that was taken, never a request: applying the log does not check
anything again. ``at_us`` is the sequencer's time, ``actor`` the user who asked (0: the exchange
itself). Amounts are in the asset's unit: micros of collateral, lots of an outcome token. ``key`` is
the natural key by which a repeat of the same request is recognised ("" where there is none).

New fields are appended with a default; a record is never removed and its tag never reused.
"""

from outcry.messages.chain_records import ChainRecord
from outcry.messages.escrow_records import EscrowRecord
from outcry.messages.people_records import AddressLinked, WalletLinked
from outcry.messages.record import Record
from outcry.messages.session_records import SessionRecord


class Deposit(Record, frozen=True, tag="deposit", array_like=True, gc=False):
    """Value came in from outside."""

    account: int
    asset: int
    amount: int
    key: str


class Withdraw(Record, frozen=True, tag="withdraw", array_like=True, gc=False):
    """Value went out."""

    account: int
    asset: int
    amount: int
    key: str


class Transfer(Record, frozen=True, tag="transfer", array_like=True, gc=False):
    """Value moved between two accounts of the exchange."""

    source: int
    target: int
    asset: int
    amount: int
    key: str


class Split(Record, frozen=True, tag="split", array_like=True, gc=False):
    """Collateral became ``qty`` lots of each outcome of the market."""

    account: int
    market_id: int
    qty: int
    key: str


class Merge(Record, frozen=True, tag="merge", array_like=True, gc=False):
    """``qty`` lots of each outcome became collateral again."""

    account: int
    market_id: int
    qty: int
    key: str


class Redeem(Record, frozen=True, tag="redeem", array_like=True, gc=False):
    """All tokens of the account in a paid market became what they are worth."""

    account: int
    market_id: int
    key: str


class CreateEvent(Record, frozen=True, tag="create_event", array_like=True, gc=False):
    """A real-world question that will group markets. ``end_at_us`` 0: none."""

    event_id: int
    identifier: str
    slug: str
    title: str
    description: str
    image: str
    topic: str
    rules: str
    start_at_us: int
    end_at_us: int
    #: Digest of the request: a repeat with other content is a reject.
    request_hash: bytes


class AddMarket(Record, frozen=True, tag="add_market", array_like=True, gc=False):
    """A market was listed, open, with its book on ``shard``. The book's command follows."""

    market_id: int
    event_id: int
    shard: int
    identifier: str
    slug: str
    title: str
    question: str
    image: str
    condition_id: str
    parent_collection_id: str
    outcome_0: str
    outcome_1: str
    token_0: str
    token_1: str
    tick: int
    price_min: int
    price_max: int
    qty_min: int
    qty_max: int
    orders_max: int
    fee_version: int
    end_at_us: int
    request_hash: bytes
    dispute_window_us: int = 0
    #: An `outcry.domain.market.SettlementMode`.
    settlement: int = 0
    #: It accepts orders only when the contracts know it; until then it is a draft.
    draft: bool = False


class MarketStateSet(Record, frozen=True, tag="market_state", array_like=True, gc=False):
    """The market made a move that needs no more words: pause, resume, close, dispute."""

    market_id: int
    move: int
    reason: str


class ResolutionProposed(Record, frozen=True, tag="proposed", array_like=True, gc=False):
    """A payout was proposed, in ticks; it stands at ``final_at_us`` unless disputed."""

    market_id: int
    payout_0: int
    payout_1: int
    final_at_us: int


class Resolved(Record, frozen=True, tag="resolved", array_like=True, gc=False):
    """Each lot of an outcome is worth its payout in ticks; the two sum to 10,000."""

    market_id: int
    payout_0: int
    payout_1: int


class Voided(Record, frozen=True, tag="voided", array_like=True, gc=False):
    """The market ended without an outcome and pays this vector of ticks.

    With ``refund`` the vector is (0, 0): every account got back what it paid in, by
    `outcry.domain.ledger.refunds`, and no token is left.
    """

    market_id: int
    payout_0: int
    payout_1: int
    refund: bool = False


class FeeScheduleSet(Record, frozen=True, tag="fees", array_like=True, gc=False):
    """A fee schedule; see `outcry.domain.fees`. Versions count from 1 and never change."""

    version: int
    kind: int
    taker_bps: int
    maker_bps: int
    rebate_bps: int


class UserCreated(Record, frozen=True, tag="user", array_like=True, gc=False):
    """A user with a first account. ``external_id`` is the subject of the user's tokens."""

    user_id: int
    account: int
    external_id: str
    address: str
    name: str
    #: The user whose invitation they came with, 0: none.
    invited_by: int = 0


class ProfileSet(Record, frozen=True, tag="profile", array_like=True, gc=False):
    """What a user shows of themselves; "" leaves a text as it was."""

    user_id: int
    name: str
    bio: str
    image: str


class SeasonSet(Record, frozen=True, tag="season", array_like=True, gc=False):
    """A season in which users are ranked, ``[start_us, end_us)``; again: it was moved."""

    season_id: int
    name: str
    start_us: int
    end_us: int


class AccountOpened(Record, frozen=True, tag="account", array_like=True, gc=False):
    """A further account of a user, by a label that is theirs alone."""

    user_id: int
    account: int
    label: str


class KeyCreated(Record, frozen=True, tag="key", array_like=True, gc=False):
    """An API key; its secret is derived from the master key and never stored."""

    key_id: int
    user_id: int
    generation: int
    scopes: tuple[str, ...]
    label: str


class KeyRotated(Record, frozen=True, tag="key_rotated", array_like=True, gc=False):
    """The API key has a new secret; those of earlier generations are no longer accepted."""

    key_id: int
    generation: int


class KeyRevoked(Record, frozen=True, tag="key_revoked", array_like=True, gc=False):
    """The API key is no longer accepted."""

    key_id: int


class ModeSet(Record, frozen=True, tag="mode", array_like=True, gc=False):
    """The exchange accepts what this mode allows; see `outcry.domain.mode`."""

    mode: int


class RetentionSet(Record, frozen=True, tag="retention", array_like=True, gc=False):
    """Repeats are recognised for this long; see `outcry.domain.ledger.state.Retention`."""

    client_orders_us: int
    own_keys_us: int


class InputTaken(Record, frozen=True, tag="input_taken", array_like=True, gc=False):
    """Everything on a stream from outside, up to and including this place, has been taken in."""

    stream: str
    major: int
    minor: int


class LimitsSet(Record, frozen=True, tag="limits", array_like=True, gc=False):
    """Limits for an account (0: each) in a market (0: in all together); 0 is no limit.

    See `outcry.domain.ledger.limits`. All three 0 take the limits back.
    """

    account: int
    market_id: int
    #: Resting orders, lots of one outcome, micros set aside for buys.
    orders_max: int
    position_max: int
    notional_max: int


LedgerRecord = (
    Deposit
    | Withdraw
    | Transfer
    | Split
    | Merge
    | Redeem
    | CreateEvent
    | AddMarket
    | MarketStateSet
    | ResolutionProposed
    | Resolved
    | Voided
    | FeeScheduleSet
    | UserCreated
    | AccountOpened
    | AddressLinked
    | WalletLinked
    | ProfileSet
    | SeasonSet
    | KeyCreated
    | KeyRotated
    | KeyRevoked
    | ModeSet
    | LimitsSet
    | InputTaken
    | RetentionSet
    | ChainRecord
    | EscrowRecord
    | SessionRecord
)
