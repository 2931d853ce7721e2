"""What the chain says, taken in once: verdicts on fills, and how far the chain was read.

A report is all or nothing, so what it says of fills and its position can never come apart.
"""

from outcry.domain.ids import COLLATERAL, SUSPENSE
from outcry.domain.ledger.funds import own_key
from outcry.domain.ledger.pending import Outcome, parties
from outcry.domain.ledger.state import Ledger
from outcry.domain.rejects import Reject
from outcry.domain.units import BALANCE_LIMIT, format_money, format_quantity
from outcry.messages import chain_records as chain
from outcry.messages import ledger_records as rec
from outcry.messages.chain_requests import (
    EVERY_FILL,
    VERDICTS_COUNT_MAX,
    Blamed,
    ChainReportOp,
    ChainVerdict,
    FreezeOp,
    ReleaseOp,
)
from outcry.messages.commands import CancelAll
from outcry.messages.requests import Declined, Done, FundsResult
from outcry.services.asset.escrow_lost import take_missing
from outcry.services.asset.operations import repeated
from outcry.services.asset.sequencer import Sequencer


REASON_LENGTH_MAX = 256
_OUTCOMES = frozenset(Outcome)
_BLAMED = frozenset(Blamed)

Fill = tuple[int, int]


def report(sequencer: Sequencer, op: ChainReportOp) -> FundsResult:
    """Take in a report of the chain's side."""
    ledger = sequencer.ledger
    if len(op.verdicts) > VERDICTS_COUNT_MAX:
        most = f"at most {VERDICTS_COUNT_MAX} verdicts"
        return Declined(Reject.BATCH_TOO_LARGE, str(len(op.verdicts)), most)
    if op.after not in (-1, ledger.chain.cursor[0]):
        known = f"after block {ledger.chain.cursor[0]}"
        return Declined(Reject.OUT_OF_SEQUENCE, f"after block {op.after}", known)
    news: dict[Fill, ChainVerdict] = {}
    known_n = 0
    for verdict in op.verdicts:
        fills = _fills(ledger, verdict)
        if not fills:
            return Declined(Reject.SETTLEMENT_UNKNOWN, f"{verdict.trade_id}/{verdict.fill}")
        for fill in fills:
            refused = _check(ledger, fill, verdict, news.get(fill))
            if isinstance(refused, Declined):
                return refused
            if refused:
                known_n = max(known_n, refused)
            else:
                news[fill] = verdict
    position = (op.block, op.log_index)
    goes_back = any(one.outcome == Outcome.REVERTED for one in news.values())
    goes_back |= op.rewinds and position < ledger.chain.cursor
    moves = op.block > 0 and (goes_back or position > ledger.chain.cursor)
    if not news and not moves:
        return Done(known_n or ledger.n, repeated=True)
    _take(sequencer, op.actor, news)
    if moves:
        sequencer.record(chain.ChainCursor(sequencer.time_us, op.actor, *position, op.block_hash))
    return Done(sequencer.batch.n)


def _take(sequencer: Sequencer, actor: int, news: dict[Fill, ChainVerdict]) -> None:
    """Record verdicts; who cannot answer for what it trades has its orders cancelled."""
    ledger = sequencer.ledger
    frozen: dict[int, None] = {}
    before = set(ledger.frozen)
    for fill, verdict in news.items():
        sequencer.record(_record(sequencer, actor, fill, verdict))
        if verdict.outcome == Outcome.REVERTED:
            for party, _, _ in parties(ledger.chain.verdicts[fill].leg):
                frozen[party.account] = None
        elif verdict.outcome == Outcome.FAILED and verdict.blamed:
            frozen[_freeze_blamed(sequencer, actor, fill, verdict)] = None
    take_missing(sequencer, actor)
    frozen |= dict.fromkeys(account for account in ledger.frozen if account not in before)
    for account in frozen:
        cancel_orders(sequencer, account)


def freeze(sequencer: Sequencer, op: FreezeOp) -> FundsResult:
    """Freeze an account and cancel its orders, or let it go; again changes nothing."""
    ledger = sequencer.ledger
    if op.account not in ledger.owners:
        return Declined(Reject.ACCOUNT_UNKNOWN, str(op.account))
    if not 0 < len(op.reason) <= REASON_LENGTH_MAX:
        wanted = f"a reason of 1 to {REASON_LENGTH_MAX} characters"
        return Declined(Reject.FIELD_INVALID, f"{len(op.reason)} characters", wanted)
    if (op.account in ledger.frozen) == op.frozen:
        return Done(ledger.n, op.account, repeated=True)
    sequencer.record(
        chain.AccountFrozen(sequencer.time_us, op.actor, op.account, op.frozen, op.reason)
    )
    if op.frozen:
        cancel_orders(sequencer, op.account)
    return Done(sequencer.batch.n, op.account)


def release(sequencer: Sequencer, op: ReleaseOp) -> FundsResult:
    """Give out something of what is in suspense."""
    ledger = sequencer.ledger
    content = (SUSPENSE, op.account, op.asset, op.amount)
    again = repeated(ledger, "transfer", own_key(SUSPENSE, op.key), content)
    if isinstance(again, Done):
        return Done(again.n, amount=op.amount, repeated=True)
    if again:
        return again
    if not op.key:
        return Declined(Reject.FIELD_INVALID, "no key", "a key that is used once")
    if op.account not in ledger.owners:
        return Declined(Reject.ACCOUNT_UNKNOWN, str(op.account))
    kept = ledger.total(SUSPENSE, op.asset)
    if not 0 < op.amount < BALANCE_LIMIT or op.amount > kept:
        amount = format_money if op.asset == COLLATERAL else format_quantity
        wanted = f"at most {amount(kept)}, what is in suspense"
        return Declined(Reject.AMOUNT_INVALID, amount(op.amount), wanted)
    sequencer.record(
        rec.Transfer(sequencer.time_us, op.actor, SUSPENSE, op.account, op.asset, op.amount, op.key)
    )
    return Done(sequencer.batch.n, amount=op.amount)


def cancel_orders(sequencer: Sequencer, account: int) -> None:
    """Take an account's orders out of every book: a fill would give away what is not its own."""
    for shard in range(sequencer.config.shards_count):
        seq = sequencer.next_seq(shard)
        sequencer.number(shard, CancelAll(0, seq, sequencer.time_us, account))


def _freeze_blamed(sequencer: Sequencer, actor: int, fill: Fill, verdict: ChainVerdict) -> int:
    """Freeze and return the account whose signature did not count: nobody else shall meet it."""
    taker, maker = parties(sequencer.ledger.chain.verdicts[fill].leg)
    account = (taker if verdict.blamed == Blamed.TAKER else maker)[0].account
    if account not in sequencer.ledger.frozen:
        at_us, reason = sequencer.time_us, verdict.reason
        sequencer.record(chain.AccountFrozen(at_us, actor, account, frozen=True, reason=reason))
    return account


def _fills(ledger: Ledger, verdict: ChainVerdict) -> list[Fill]:
    """Return the fills that *verdict* is about, as far as they are known."""
    known = (ledger.chain.pending, ledger.chain.verdicts)
    if verdict.fill != EVERY_FILL:
        fill = (verdict.trade_id, verdict.fill)
        return [fill] if any(fill in some for some in known) else []
    fills: list[Fill] = []
    while any((verdict.trade_id, len(fills)) in some for some in known):
        fills.append((verdict.trade_id, len(fills)))
    return fills


def _check(
    ledger: Ledger, fill: Fill, verdict: ChainVerdict, before: ChainVerdict | None
) -> int | Declined:
    """Return 0 for news, the log entry of a repeat, or why the verdict cannot be.

    *before* is what the same report said of the fill already.
    """
    if verdict.outcome not in _OUTCOMES:
        return Declined(Reject.FIELD_INVALID, f"outcome {verdict.outcome}", "0, 1 or 2")
    if verdict.blamed not in _BLAMED:
        return Declined(Reject.FIELD_INVALID, f"blamed {verdict.blamed}", "0, 1 or 2")
    length = max(len(verdict.reason), len(verdict.tx_hash))
    if length > REASON_LENGTH_MAX:
        most = f"reason and tx_hash: at most {REASON_LENGTH_MAX} characters"
        return Declined(Reject.FIELD_INVALID, f"{length} characters", most)
    known = ledger.chain.verdicts.get(fill)
    if before is not None:
        same = before == verdict
    elif known is None:
        same = verdict.outcome != Outcome.REVERTED
    else:
        if (known.outcome, verdict.outcome) == (Outcome.CONFIRMED, Outcome.REVERTED):
            return 0
        # Where the chain keeps the funds, what it has settled after all is so. Of what an older log
        # took back into suspense people decide.
        settled = verdict.outcome == Outcome.CONFIRMED and ledger.chain.home is not None
        if settled and (known.undone or known.outcome == Outcome.FAILED):
            return 0
        if (known.outcome, known.tx_hash) == (verdict.outcome, verdict.tx_hash):
            return known.n
        same = False
    if not same:
        said = Outcome(known.outcome).name.lower() if known else "pending"
        return Declined(Reject.KEY_REUSED, f"fill {fill[0]}/{fill[1]}", f"it is {said}")
    return 0


def _record(
    sequencer: Sequencer, actor: int, fill: Fill, verdict: ChainVerdict
) -> chain.ChainResult | chain.ChainReverted:
    at_us, tx_hash, reason = sequencer.time_us, verdict.tx_hash, verdict.reason
    if verdict.outcome == Outcome.REVERTED:
        undone = sequencer.ledger.chain.home is not None
        return chain.ChainReverted(at_us, actor, *fill, tx_hash, reason, undone)
    confirmed = verdict.outcome == Outcome.CONFIRMED
    return chain.ChainResult(at_us, actor, *fill, confirmed, tx_hash, reason)
