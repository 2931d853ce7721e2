"""Money operations: checked against the state, then recorded.

Each returns its answer at once; the service gives it when the record is committed.
"""

from outcry.domain.ids import COLLATERAL, EXTERNAL, asset_market, token_asset
from outcry.domain.ledger.checks import check_funds
from outcry.domain.ledger.funds import own_key
from outcry.domain.ledger.limits import check_tokens
from outcry.domain.ledger.state import Ledger, Market
from outcry.domain.market import ISSUING_STATES, PAID_STATES
from outcry.domain.rejects import Reject
from outcry.domain.units import (
    BALANCE_LIMIT,
    QUANTITY_MAX,
    TICKS_PER_UNIT,
    format_money,
    format_quantity,
)
from outcry.messages import ledger_records as rec
from outcry.messages.requests import (
    Declined,
    DepositOp,
    Done,
    FundsResult,
    MergeOp,
    RedeemOp,
    SplitOp,
    TransferOp,
    WithdrawOp,
)
from outcry.services.asset.answers import declined
from outcry.services.asset.sequencer import Sequencer


#: Natural keys are hashes and the like; a longer one is a mistake.
KEY_LENGTH_MAX = 128


def deposit(sequencer: Sequencer, op: DepositOp) -> FundsResult:
    """Credit collateral that came in."""
    ledger = sequencer.ledger
    refused = _check_movement(ledger, op, "deposit")
    if refused:
        return refused
    total = ledger.total(op.account, COLLATERAL)
    outside = -ledger.total(EXTERNAL, COLLATERAL)
    if max(total, outside) + op.amount >= BALANCE_LIMIT:
        return Declined(Reject.BALANCE_LIMIT, format_money(op.amount))
    sequencer.record(
        rec.Deposit(sequencer.time_us, op.actor, op.account, op.asset, op.amount, op.key)
    )
    return Done(sequencer.batch.n)


def withdraw(sequencer: Sequencer, op: WithdrawOp) -> FundsResult:
    """Debit collateral that goes out."""
    ledger = sequencer.ledger
    refused = _check_movement(ledger, op, "withdraw")
    if refused:
        return refused
    available = ledger.available(op.account, op.asset)
    if op.amount > available:
        return _short_of_money(available, op.amount)
    sequencer.record(
        rec.Withdraw(sequencer.time_us, op.actor, op.account, op.asset, op.amount, op.key)
    )
    return Done(sequencer.batch.n)


def transfer(sequencer: Sequencer, op: TransferOp) -> FundsResult:
    """Move collateral or tokens between two accounts of one user."""
    ledger = sequencer.ledger
    # First of all: an account of somebody else is as unknown as one that does not exist.
    for account in (op.source, op.target):
        if ledger.owners.get(account) != op.user_id:
            return Declined(Reject.ACCOUNT_UNKNOWN, str(account))
    content = (op.source, op.target, op.asset, op.amount)
    again = repeated(ledger, "transfer", own_key(op.source, op.key), content)
    if again:
        return again
    if op.source == op.target:
        return Declined(Reject.TRANSFER_TO_SELF, str(op.source))
    if op.source in ledger.frozen:
        return _frozen(ledger, op.source)
    if op.asset != COLLATERAL and asset_market(op.asset)[0] not in ledger.markets:
        return Declined(Reject.TOKEN_UNKNOWN, f"asset {op.asset}")
    if not 0 < op.amount < BALANCE_LIMIT:
        amount = format_money if op.asset == COLLATERAL else format_quantity
        return Declined(Reject.AMOUNT_INVALID, amount(op.amount))
    refused = check_funds(ledger, op.source, op.asset, op.amount)
    if not refused and op.asset != COLLATERAL:
        refused = check_tokens(ledger, op.target, *asset_market(op.asset), op.amount)
    if refused:
        return declined(refused)
    sequencer.record(
        rec.Transfer(sequencer.time_us, op.actor, op.source, op.target, op.asset, op.amount, op.key)
    )
    return Done(sequencer.batch.n)


def split(sequencer: Sequencer, op: SplitOp) -> FundsResult:
    """Issue pairs of tokens against collateral."""
    ledger = sequencer.ledger
    refused = _check_pairs(ledger, op, "split")
    if refused:
        return refused
    needed = TICKS_PER_UNIT * op.qty
    available = ledger.available(op.account, COLLATERAL)
    if needed > available:
        return _short_of_money(available, needed)
    for outcome in (0, 1):
        limited = check_tokens(ledger, op.account, op.market_id, outcome, op.qty)
        if limited:
            return declined(limited)
    sequencer.record(
        rec.Split(sequencer.time_us, op.actor, op.account, op.market_id, op.qty, op.key)
    )
    return Done(sequencer.batch.n, amount=needed)


def merge(sequencer: Sequencer, op: MergeOp) -> FundsResult:
    """Take pairs of tokens back for collateral."""
    ledger = sequencer.ledger
    refused = _check_pairs(ledger, op, "merge")
    if refused:
        return refused
    pairs = min(ledger.available(op.account, token_asset(op.market_id, o)) for o in (0, 1))
    if op.qty > pairs:
        least = f"at least {format_quantity(op.qty)} of each outcome"
        return Declined(Reject.TOKENS_INSUFFICIENT, format_quantity(pairs), least)
    sequencer.record(
        rec.Merge(sequencer.time_us, op.actor, op.account, op.market_id, op.qty, op.key)
    )
    return Done(sequencer.batch.n, amount=TICKS_PER_UNIT * op.qty)


def redeem(sequencer: Sequencer, op: RedeemOp) -> FundsResult:
    """Pay out the tokens of a market that has a payout."""
    ledger = sequencer.ledger
    key = own_key(op.account, op.key)
    again = repeated(ledger, "redeem", key, (op.account, op.market_id))
    if again:
        return again
    if op.account not in ledger.owners:
        return Declined(Reject.ACCOUNT_UNKNOWN, str(op.account))
    market = ledger.markets.get(op.market_id)
    if market is None:
        return Declined(Reject.MARKET_UNKNOWN, str(op.market_id))
    if market.state not in PAID_STATES:
        return Declined(Reject.MARKET_NOT_RESOLVED, market.state.name.lower(), "resolved or voided")
    if op.account in ledger.frozen:
        return _frozen(ledger, op.account)
    lots = [ledger.total(op.account, token_asset(op.market_id, o)) for o in (0, 1)]
    if not any(lots):
        return Declined(Reject.NOTHING_TO_REDEEM, str(op.market_id))
    paid = sum(payout * held for payout, held in zip(market.payout, lots, strict=True))
    sequencer.record(rec.Redeem(sequencer.time_us, op.actor, op.account, op.market_id, op.key))
    return Done(sequencer.batch.n, amount=paid)


def repeated(
    ledger: Ledger, kind: str, key: str, content: tuple[int | str, ...]
) -> FundsResult | None:
    """Return the first answer to a repeat, a reject for other content, None for news."""
    if len(key) > KEY_LENGTH_MAX:
        return Declined(
            Reject.FIELD_INVALID, f"a key of {len(key)} characters", f"at most {KEY_LENGTH_MAX}"
        )
    known = ledger.keyed_ops.get((kind, key)) if key else None
    if known is None:
        return None
    if known.content != content:
        return Declined(Reject.KEY_REUSED, key)
    return Done(known.n, amount=known.amount, repeated=True)


def _check_movement(ledger: Ledger, op: DepositOp | WithdrawOp, kind: str) -> FundsResult | None:
    again = repeated(ledger, kind, op.key, (op.account, op.asset, op.amount))
    if again:
        return again
    if op.account not in ledger.owners:
        return Declined(Reject.ACCOUNT_UNKNOWN, str(op.account))
    if op.asset != COLLATERAL:
        return Declined(Reject.AMOUNT_INVALID, f"asset {op.asset}", "collateral")
    if not 0 < op.amount < BALANCE_LIMIT:
        return Declined(Reject.AMOUNT_INVALID, format_money(op.amount))
    if kind == "withdraw" and op.account in ledger.frozen:
        return _frozen(ledger, op.account)
    return None


def _check_pairs(ledger: Ledger, op: SplitOp | MergeOp, kind: str) -> FundsResult | None:
    key = own_key(op.account, op.key)
    again = repeated(ledger, kind, key, (op.account, op.market_id, op.qty))
    if again:
        return again
    if op.account not in ledger.owners:
        return Declined(Reject.ACCOUNT_UNKNOWN, str(op.account))
    market: Market | None = ledger.markets.get(op.market_id)
    if market is None:
        return Declined(Reject.MARKET_UNKNOWN, str(op.market_id))
    if market.state not in ISSUING_STATES:
        return Declined(Reject.MARKET_NOT_OPEN, market.state.name.lower(), "not yet resolved")
    if not 0 < op.qty <= QUANTITY_MAX:
        return Declined(Reject.QUANTITY_INVALID, format_quantity(op.qty))
    if op.account in ledger.frozen:
        return _frozen(ledger, op.account)
    return None


def _frozen(ledger: Ledger, account: int) -> Declined:
    return Declined(Reject.ACCOUNT_FROZEN, ledger.frozen[account])


def _short_of_money(available: int, needed: int) -> Declined:
    least = f"at least {format_money(needed)}"
    return Declined(Reject.FUNDS_INSUFFICIENT, format_money(available), least)
