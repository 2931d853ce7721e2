"""Operations on users, keys, fees and mode: checked, then recorded."""

from outcry.domain import fees
from outcry.domain.fees import FeeSchedule
from outcry.domain.mode import Mode
from outcry.domain.rejects import Reject
from outcry.messages import ledger_records as rec
from outcry.messages.requests import (
    CreateKeyOp,
    CreateUserOp,
    Declined,
    Done,
    FundsResult,
    RevokeKeyOp,
    SetFeesOp,
    SetModeOp,
)
from outcry.services.asset.sequencer import Sequencer


EXTERNAL_ID_LENGTH_MAX = 256
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
    user_id, account = ledger.next_user_id, ledger.next_account
    sequencer.record(
        rec.UserCreated(
            sequencer.time_us, op.actor, user_id, account, op.external_id, op.address, op.name
        )
    )
    return Done(sequencer.batch.n, user_id, (account,))


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


def revoke_key(sequencer: Sequencer, op: RevokeKeyOp) -> FundsResult:
    """Stop accepting a key; revoking again changes nothing."""
    key = sequencer.ledger.keys.get(op.key_id)
    if key is None or (op.user_id and key.user_id != op.user_id):
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
