"""Operations on users, keys, fees and mode: checked, then recorded."""

from outcry.domain import fees
from outcry.domain.fees import FeeSchedule
from outcry.domain.ledger.people import ApiKey, address_key
from outcry.domain.ledger.state import Ledger, Season
from outcry.domain.mode import Mode
from outcry.domain.rejects import Reject
from outcry.domain.units import BALANCE_LIMIT, MICROS_PER_SECOND, format_time
from outcry.messages import ledger_records as rec
from outcry.messages.people_records import AddressLinked
from outcry.messages.requests import (
    CreateKeyOp,
    CreateUserOp,
    Declined,
    Done,
    FundsResult,
    LinkAddressOp,
    OpenAccountOp,
    RevokeKeyOp,
    RotateKeyOp,
    SetFeesOp,
    SetLimitsOp,
    SetModeOp,
    SetProfileOp,
    SetSeasonOp,
    TakeInputOp,
)
from outcry.services.asset.sequencer import Sequencer


DAY_US = 86_400 * MICROS_PER_SECOND
EXTERNAL_ID_LENGTH_MAX = 256
LABEL_LENGTH_MAX = 64
#: Accounts of one user beside the first.
FURTHER_ACCOUNTS_MAX = 100
SCOPES = frozenset({"read", "trade", "admin"})


def create_user(sequencer: Sequencer, op: CreateUserOp) -> FundsResult:
    """Register a user with a first account, once per external id."""
    ledger = sequencer.ledger
    if not 0 < len(op.external_id) <= EXTERNAL_ID_LENGTH_MAX:
        wanted = f"1 to {EXTERNAL_ID_LENGTH_MAX} characters"
        return Declined(Reject.FIELD_INVALID, f"{len(op.external_id)} characters", wanted)
    known = ledger.user_ids.get(op.external_id)
    if known:
        user = ledger.users[known]
        return Done(ledger.n, user.user_id, (user.account,), repeated=True)
    taken = _owner_of(ledger, address_key(op.address))
    if taken:
        return Declined(Reject.ADDRESS_TAKEN, f"the address of user {taken}", "another address")
    user_id, account = ledger.next_user_id, ledger.next_account
    sequencer.record(
        rec.UserCreated(
            sequencer.time_us,
            op.actor,
            user_id,
            account,
            op.external_id,
            op.address,
            op.name,
            op.invited_by if op.invited_by in ledger.users else 0,
        )
    )
    return Done(sequencer.batch.n, user_id, (account,))


def link_address(sequencer: Sequencer, op: LinkAddressOp) -> FundsResult:
    """Make an address a user's own, in place of the one before; the same again changes nothing."""
    ledger, address = sequencer.ledger, address_key(op.address)
    user = ledger.users.get(op.user_id)
    if user is None:
        return Declined(Reject.USER_UNKNOWN, str(op.user_id))
    if not address:
        return Declined(Reject.FIELD_INVALID, op.address[:80], "address: 0x and 40 digits")
    taken = _owner_of(ledger, address)
    if taken == op.user_id:
        return Done(ledger.n, op.user_id, repeated=True)
    if taken:
        return Declined(Reject.ADDRESS_TAKEN, f"the address of user {taken}", "another address")
    sequencer.record(AddressLinked(sequencer.time_us, op.actor, op.user_id, address))
    return Done(sequencer.batch.n, op.user_id)


def _owner_of(ledger: Ledger, address: str) -> int:
    """Return the user who has an address, as their own or as their wallet's; 0: nobody."""
    linked = ledger.chain.mirrors.get(address)
    return ledger.addresses.get(address) or (ledger.owners[linked] if linked else 0)


def open_account(sequencer: Sequencer, op: OpenAccountOp) -> FundsResult:
    """Open a further account, once per label; the first one has none."""
    ledger = sequencer.ledger
    user = ledger.users.get(op.user_id)
    if user is None:
        return Declined(Reject.USER_UNKNOWN, str(op.user_id))
    if not 0 < len(op.label) <= LABEL_LENGTH_MAX:
        wanted = f"a label of 1 to {LABEL_LENGTH_MAX} characters"
        return Declined(Reject.FIELD_INVALID, f"{len(op.label)} characters", wanted)
    known = user.accounts.get(op.label)
    if known:
        return Done(ledger.n, known, repeated=True)
    if len(user.accounts) >= FURTHER_ACCOUNTS_MAX:
        most = f"at most {FURTHER_ACCOUNTS_MAX} beside the first"
        return Declined(Reject.ACCOUNTS_LIMIT, str(len(user.accounts)), most)
    account = ledger.next_account
    sequencer.record(rec.AccountOpened(sequencer.time_us, op.actor, op.user_id, account, op.label))
    return Done(sequencer.batch.n, account)


def set_profile(sequencer: Sequencer, op: SetProfileOp) -> FundsResult:
    """Change what a user shows of themselves."""
    if op.user_id not in sequencer.ledger.users:
        return Declined(Reject.USER_UNKNOWN, str(op.user_id))
    sequencer.record(
        rec.ProfileSet(sequencer.time_us, op.actor, op.user_id, op.name, op.bio, op.image)
    )
    return Done(sequencer.batch.n, op.user_id)


def set_season(sequencer: Sequencer, op: SetSeasonOp) -> FundsResult:
    """Create a season or move it; the same again changes nothing."""
    if op.start_us % DAY_US or op.end_us % DAY_US or not 0 <= op.start_us < op.end_us:
        got = f"{format_time(op.start_us)} to {format_time(op.end_us)}"
        return Declined(Reject.FIELD_INVALID, got, "two midnights (UTC), in order")
    ledger = sequencer.ledger
    known = ledger.seasons.get(op.name)
    season = Season(known.season_id if known else len(ledger.seasons) + 1, op.start_us, op.end_us)
    if known == season:
        return Done(ledger.n, season.season_id, repeated=True)
    sequencer.record(
        rec.SeasonSet(
            sequencer.time_us, op.actor, season.season_id, op.name, op.start_us, op.end_us
        )
    )
    return Done(sequencer.batch.n, season.season_id)


def create_key(sequencer: Sequencer, op: CreateKeyOp) -> FundsResult:
    """Create an API key; the door derives its secret."""
    ledger = sequencer.ledger
    if op.user_id not in ledger.users:
        return Declined(Reject.USER_UNKNOWN, str(op.user_id))
    if not op.scopes or not SCOPES.issuperset(op.scopes):
        return Declined(Reject.FIELD_INVALID, ",".join(op.scopes), "some of read, trade, admin")
    key_id, generation = ledger.next_key_id, 1
    scopes = tuple(sorted(set(op.scopes)))
    sequencer.record(
        rec.KeyCreated(
            sequencer.time_us, op.actor, key_id, op.user_id, generation, scopes, op.label
        )
    )
    return Done(sequencer.batch.n, key_id, (generation,))


def rotate_key(sequencer: Sequencer, op: RotateKeyOp) -> FundsResult:
    """Give a key its next generation; the door derives its secret."""
    key = _key(sequencer.ledger, op)
    if key is None or key.revoked:
        return Declined(Reject.KEY_UNKNOWN, str(op.key_id))
    generation = key.generation + 1
    sequencer.record(rec.KeyRotated(sequencer.time_us, op.actor, op.key_id, generation))
    return Done(sequencer.batch.n, op.key_id, (generation,))


def revoke_key(sequencer: Sequencer, op: RevokeKeyOp) -> FundsResult:
    """Stop accepting a key; revoking again changes nothing."""
    key = _key(sequencer.ledger, op)
    if key is None:
        return Declined(Reject.KEY_UNKNOWN, str(op.key_id))
    if key.revoked:
        return Done(sequencer.ledger.n, op.key_id, repeated=True)
    sequencer.record(rec.KeyRevoked(sequencer.time_us, op.actor, op.key_id))
    return Done(sequencer.batch.n, op.key_id)


def set_fees(sequencer: Sequencer, op: SetFeesOp) -> FundsResult:
    """Create the next fee schedule."""
    version = len(sequencer.ledger.fees)
    schedule = FeeSchedule(version, op.kind, op.taker_bps, op.maker_bps, op.rebate_bps)
    problem = fees.problem(schedule)
    if problem:
        return Declined(Reject.FEE_SCHEDULE_INVALID, expected=problem)
    sequencer.record(rec.FeeScheduleSet(sequencer.time_us, op.actor, *schedule))
    return Done(sequencer.batch.n, version)


def set_mode(sequencer: Sequencer, op: SetModeOp) -> FundsResult:
    """Switch what the whole exchange accepts."""
    if op.mode not in Mode.__members__.values():
        return Declined(Reject.FIELD_INVALID, str(op.mode), "0 to 3")
    sequencer.record(rec.ModeSet(sequencer.time_us, op.actor, op.mode))
    return Done(sequencer.batch.n)


def set_limits(sequencer: Sequencer, op: SetLimitsOp) -> FundsResult:
    """Bound what accounts may have, from now on."""
    ledger = sequencer.ledger
    if op.account and op.account not in ledger.owners:
        return Declined(Reject.ACCOUNT_UNKNOWN, str(op.account))
    if op.market_id and op.market_id not in ledger.markets:
        return Declined(Reject.MARKET_UNKNOWN, str(op.market_id))
    limits = (op.orders_max, op.position_max, op.notional_max)
    if not all(0 <= limit < BALANCE_LIMIT for limit in limits):
        return Declined(Reject.LIMITS_INVALID, ", ".join(map(str, limits)), "0 (none) or more")
    sequencer.record(rec.LimitsSet(sequencer.time_us, op.actor, op.account, op.market_id, *limits))
    return Done(sequencer.batch.n)


def take_input(sequencer: Sequencer, op: TakeInputOp) -> FundsResult:
    """Move the cursor of a stream from outside forward, and say where it stands."""
    known, place = sequencer.ledger.inputs.get(op.stream, (0, 0)), (op.major, op.minor)
    if not 0 < len(op.stream) <= LABEL_LENGTH_MAX:
        wanted = f"a name of 1 to {LABEL_LENGTH_MAX} characters"
        return Declined(Reject.FIELD_INVALID, f"{len(op.stream)} characters", wanted)
    if place <= known:
        return Done(sequencer.ledger.n, ids=known, repeated=True)
    sequencer.record(rec.InputTaken(sequencer.time_us, op.actor, op.stream, *place))
    return Done(sequencer.batch.n, ids=place)


def _key(ledger: Ledger, op: RotateKeyOp | RevokeKeyOp) -> ApiKey | None:
    """Return the key that is named, of the user who is named, if one is."""
    key = ledger.keys.get(op.key_id)
    return key if key and op.user_id in (0, key.user_id) else None
