"""What was believed of escrow and is gone: taken back, latest first.

Its accounts may do nothing more until people have looked. The ledger has what escrow has on the
other branch, so that what happens there a second time is taken in like the first.
"""

from typing import Protocol

from outcry.domain.ledger.escrow import ATOMS_PER_LOT, Operation, Stage
from outcry.domain.ledger.state import Ledger, split_key
from outcry.messages import escrow_records as rec
from outcry.messages.chain_records import AccountFrozen
from outcry.messages.happenings import Happened, Happening
from outcry.services.asset.sequencer import Sequencer


#: Stages that the contracts told, and to which a market falls back.
_BEFORE = {Happened.REGISTERED: Stage.LISTED, Happened.REDEEMED: Stage.REGISTERED}
#: What moved one asset of one account.
_MOVES = (Happened.DEPOSITED, Happened.EXIT_REQUESTED, Happened.EXITED, Happened.PAID_OUT)


class Taking(Protocol):
    """Who turns happenings into records."""

    sequencer: Sequencer
    ledger: Ledger
    actor: int

    def account(self, address: str) -> int:
        """Return the account of an address."""
        ...

    def asset(self, text: str) -> int | None:
        """Return the asset of a token id, None for one that is not ours."""
        ...

    def receive(self, account: int, asset: int, atoms: int, tx_hash: str) -> None:
        """Credit what came into escrow, if it can be counted."""
        ...

    def cancel(self, account: int) -> None:
        """Cancel the orders of an account."""
        ...

    def redeem(self, account: int, market_id: int) -> None:
        """Begin to pay an account's tokens out, if it has any."""
        ...


def lose(on: Taking, one: Happening) -> None:
    """Take back what was believed of one happening."""
    reason = f"a reorganisation took back what happened in block {one.block}"
    market_id = on.ledger.chain.conditions.get(one.asset)
    if one.kind in _MOVES:
        _unmove(on, one, reason)
    elif not market_id:
        return
    elif one.kind in _BEFORE:
        _restage(on, one, market_id, _BEFORE[Happened(one.kind)])
    elif one.kind in (Happened.SPLIT, Happened.MERGED):
        turn(on, one, undone=reason)
    elif one.kind == Happened.REDEEMED_FOR:
        _unredeem(on, one, market_id, reason)


def turn(on: Taking, one: Happening, undone: str) -> None:
    """A split or merge of ours that has ended was undone or, with "", done once more."""
    account, qty = on.account(one.who), one.amount // ATOMS_PER_LOT
    market_id = on.ledger.chain.conditions[one.asset]
    into_pairs = (one.kind == Happened.SPLIT) != bool(undone)
    now_us, qty = on.sequencer.time_us, qty if into_pairs else -qty
    on.sequencer.record(
        rec.PairsTurned(now_us, on.actor, account, market_id, qty, one.tx_hash, undone)
    )
    if account in on.ledger.frozen:
        on.cancel(account)


def take_missing(sequencer: Sequencer, actor: int) -> None:
    """Take what accounts have free for what they lack: nobody uses what the contract has not."""
    ledger = sequencer.ledger
    for key, missing in list(ledger.chain.missing.items()) if ledger.chain.home else ():
        account, asset = split_key(key)
        amount = min(missing, ledger.free(account, asset))
        if amount > 0:
            sequencer.record(rec.MissingTaken(sequencer.time_us, actor, account, asset, amount))


def _unmove(on: Taking, one: Happening, reason: str) -> None:
    """What is left of a deposit is debited.

    What had left escrow is there again: it is credited to an account that may not use it, and
    debited should it leave a second time.
    """
    asset = on.asset(one.asset)
    if asset is None:
        return
    account, now_us, actor = on.account(one.who), on.sequencer.time_us, on.actor
    if one.kind == Happened.DEPOSITED:
        on.sequencer.record(
            rec.EscrowReverted(now_us, actor, account, asset, one.amount, one.tx_hash, reason)
        )
    else:
        _freeze(on, account, reason)
    if one.kind in (Happened.EXITED, Happened.PAID_OUT):
        on.receive(account, asset, one.amount, one.tx_hash)
    on.cancel(account)


def _unredeem(on: Taking, one: Happening, market_id: int, reason: str) -> None:
    """The tokens are there again; they are redeemed again when people start the desk again."""
    account, now_us = on.account(one.who), on.sequencer.time_us
    on.sequencer.record(
        rec.RedemptionReverted(
            now_us, on.actor, account, market_id, one.yes, one.no, one.amount, one.tx_hash, reason
        )
    )
    on.cancel(account)
    on.redeem(account, market_id)


def _restage(on: Taking, one: Happening, market_id: int, stage: Stage) -> None:
    """The contracts do not know any more that a market was registered, or redeemed."""
    if on.ledger.chain.stages.get(market_id, Stage.LISTED) <= stage:
        return
    now_us, actor = on.sequencer.time_us, on.actor
    done, reason = False, "the market is not redeemed any more"
    for operation in list(on.ledger.chain.operations.values()):
        if operation.kind == Operation.REDEEM and operation.market_id == market_id:
            ended = rec.EscrowEnded(now_us, actor, operation.operation_id, done, "", reason)
            on.sequencer.record(ended)
    on.sequencer.record(rec.MarketStaged(now_us, actor, market_id, stage, one.tx_hash))


def _freeze(on: Taking, account: int, reason: str) -> None:
    if account not in on.ledger.frozen:
        frozen = True
        on.sequencer.record(AccountFrozen(on.sequencer.time_us, on.actor, account, frozen, reason))
