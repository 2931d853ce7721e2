"""What the ledger records of a chain do to the ledger: verdicts, escrow, stages."""

from collections.abc import Callable
from typing import Any, Final

from outcry.domain.ledger import escrow, pending, uncredited, undone, undone_trades
from outcry.domain.ledger.effects import Effects
from outcry.domain.ledger.in_transit import EscrowOperation, Home, settles_no_more
from outcry.domain.ledger.state import Ledger
from outcry.messages import chain_records as chain
from outcry.messages import escrow_records as said
from outcry.messages.happenings import Happened
from outcry.messages.record import Record


def _result(ledger: Ledger, effects: Effects, one: chain.ChainResult) -> None:
    fill = (one.trade_id, one.fill)
    if fill not in ledger.chain.pending:
        undone_trades.redo(ledger, effects, fill, one.tx_hash)
    elif one.confirmed:
        pending.confirm(ledger, effects, fill, one.tx_hash)
    else:
        pending.fail(ledger, effects, fill, one.tx_hash, one.reason)


def _reverted(ledger: Ledger, effects: Effects, one: chain.ChainReverted) -> None:
    take_back = undone_trades.undo if one.undone else pending.revert
    take_back(ledger, effects, (one.trade_id, one.fill), one.tx_hash, one.reason)


def _cursor(ledger: Ledger, _effects: Effects, one: chain.ChainCursor) -> None:
    ledger.chain.cursor = (one.block, one.log_index)


def _joined(ledger: Ledger, _effects: Effects, one: chain.ChainJoined) -> None:
    ledger.chain.home = Home(one.chain_id, one.settlement, one.ctf, one.collateral, one.oracle)


def _frozen(ledger: Ledger, _effects: Effects, one: chain.AccountFrozen) -> None:
    if one.frozen:
        ledger.frozen[one.account] = one.reason
    else:
        del ledger.frozen[one.account]


def _moved(ledger: Ledger, effects: Effects, one: said.EscrowMoved) -> None:
    if one.atoms > 0:
        escrow.take_in(ledger, effects, one.account, one.asset, one.atoms)
    else:
        atoms = uncredited.use(ledger, one.account, one.asset, -one.atoms)
        escrow.let_out(ledger, effects, one.account, one.asset, atoms, exits=not one.paid)


def _uncredited(ledger: Ledger, _effects: Effects, one: said.EscrowUncredited) -> None:
    uncredited.note(ledger, one.account, one.asset, one.atoms)


def _exit_announced(ledger: Ledger, effects: Effects, one: said.ExitAnnounced) -> None:
    escrow.announce_exit(ledger, effects, one.account, one.asset, one.atoms)


def _begun(ledger: Ledger, effects: Effects, one: said.EscrowBegun) -> None:
    operation = EscrowOperation(
        one.operation_id, one.kind, one.account, one.market_id, one.asset, one.qty, one.qty_no,
        one.key, one.at_us,
    )  # fmt: skip
    escrow.begin(ledger, effects, operation)


def _ended(ledger: Ledger, effects: Effects, one: said.EscrowEnded) -> None:
    (escrow.complete if one.done else escrow.fail)(ledger, effects, one.operation_id)


def _rounded(ledger: Ledger, effects: Effects, one: said.EscrowRounded) -> None:
    escrow.sweep_dust(ledger, effects, one.account, one.market_id, one.amount)


def _escrow_reverted(ledger: Ledger, effects: Effects, one: said.EscrowReverted) -> None:
    atoms = uncredited.use(ledger, one.account, one.asset, one.atoms)
    undone.take_back(ledger, effects, one.account, one.asset, atoms, one.reason)


def _turned(ledger: Ledger, effects: Effects, one: said.PairsTurned) -> None:
    reason = one.reason or "the contract did again what there was too little for"
    undone.turn(ledger, effects, one.account, one.market_id, one.qty, reason)
    if one.reason:
        ledger.frozen[one.account] = one.reason


def _unredeemed(ledger: Ledger, effects: Effects, one: said.RedemptionReverted) -> None:
    atoms = one.yes, one.no
    undone.unredeem(ledger, effects, one.account, one.market_id, atoms, one.amount, one.reason)


def _missing_taken(ledger: Ledger, effects: Effects, one: said.MissingTaken) -> None:
    undone.take_missing(ledger, effects, one.account, one.asset, one.amount)


def _staged(ledger: Ledger, effects: Effects, one: said.MarketStaged) -> None:
    ledger.chain.stages[one.market_id] = one.stage
    effects.markets[one.market_id] = None


def _escrow_cursor(ledger: Ledger, _effects: Effects, one: said.EscrowCursor) -> None:
    state = ledger.chain
    state.escrow_block = one.block
    if one.common >= 0:
        state.escrow_marks = [mark for mark in state.escrow_marks if mark[1] <= one.common]
    for happening in one.happenings:
        if happening.kind == Happened.REGISTERED:
            escrow.note_strange(ledger, happening.asset, happening.block)
        elif happening.kind in (Happened.REVOKED, Happened.NONCE_RAISED):
            what = happening.asset or happening.who
            settles_no_more(ledger.chain, what, happening.block)
    state.escrow_marks.append((ledger.n, one.block, one.block_hash))
    del state.escrow_marks[: -escrow.MARKS_COUNT_MAX]


CHAIN_HANDLERS: Final[dict[type[Record], Callable[[Ledger, Effects, Any], None]]] = {
    chain.ChainResult: _result,
    chain.ChainReverted: _reverted,
    chain.ChainCursor: _cursor,
    chain.ChainJoined: _joined,
    chain.AccountFrozen: _frozen,
    said.EscrowMoved: _moved,
    said.EscrowUncredited: _uncredited,
    said.ExitAnnounced: _exit_announced,
    said.EscrowBegun: _begun,
    said.EscrowEnded: _ended,
    said.EscrowRounded: _rounded,
    said.EscrowReverted: _escrow_reverted,
    said.PairsTurned: _turned,
    said.RedemptionReverted: _unredeemed,
    said.MissingTaken: _missing_taken,
    said.MarketStaged: _staged,
    said.EscrowCursor: _escrow_cursor,
}
