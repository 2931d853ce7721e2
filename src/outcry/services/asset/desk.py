"""The desk: which operation does what, and for which commands its answer has to wait."""

from collections.abc import Callable
from typing import Any

from outcry.domain.rejects import Reject
from outcry.domain.units import format_time
from outcry.messages import chain_requests as chain
from outcry.messages import requests as req
from outcry.messages.commands import Checkpoint
from outcry.messages.escrow_requests import EscrowReportOp, LinkWalletOp, PayOutOp
from outcry.messages.requests import CheckpointOp, Declined, Done, FundsOp, FundsResult
from outcry.ports.clock import Clock
from outcry.services.asset import (
    admin,
    escrow,
    escrow_report,
    lifecycle,
    listing,
    operations,
    verdicts,
    wallets,
)
from outcry.services.asset.sequencer import Sequencer
from outcry.services.asset.tickets import Ticket


#: Operations that are done as soon as they are recorded.
_OPERATIONS: dict[type[FundsOp], Callable[[Sequencer, Any], FundsResult]] = {
    req.DepositOp: operations.deposit,
    req.WithdrawOp: operations.withdraw,
    req.TransferOp: operations.transfer,
    req.SplitOp: operations.split,
    req.MergeOp: operations.merge,
    req.RedeemOp: operations.redeem,
    req.CreateEventOp: listing.create_event,
    req.AddMarketOp: listing.add_market,
    req.SetFeesOp: admin.set_fees,
    req.SetModeOp: admin.set_mode,
    req.SetLimitsOp: admin.set_limits,
    req.TakeInputOp: admin.take_input,
    req.CreateUserOp: admin.create_user,
    req.OpenAccountOp: admin.open_account,
    req.LinkAddressOp: admin.link_address,
    LinkWalletOp: wallets.link_nothing,
    req.RotateKeyOp: admin.rotate_key,
    req.SetProfileOp: admin.set_profile,
    req.SetSeasonOp: admin.set_season,
    req.CreateKeyOp: admin.create_key,
    req.RevokeKeyOp: admin.revoke_key,
    chain.ChainReportOp: verdicts.report,
    chain.FreezeOp: verdicts.freeze,
    chain.ReleaseOp: verdicts.release,
    EscrowReportOp: escrow_report.report,
    PayOutOp: escrow.pay_nothing,
}


#: What is another thing where a contract keeps everything.
_ON_CHAIN: dict[type[FundsOp], Callable[[Sequencer, Any], FundsResult]] = {
    req.DepositOp: escrow.refuse,
    req.WithdrawOp: escrow.withdraw,
    PayOutOp: escrow.withdraw,
    req.TransferOp: escrow.refuse,
    req.SplitOp: escrow.split,
    req.MergeOp: escrow.merge,
    req.RedeemOp: escrow.refuse,
    req.LinkAddressOp: escrow.link_address,
    LinkWalletOp: wallets.link,
}
#: Operations that give the ticket themselves: some of them wait for commands.
_MOVES: dict[type[FundsOp], Callable[[Sequencer, Any], Ticket]] = {
    req.MarketMoveOp: lifecycle.move_market,
    req.EventMoveOp: lifecycle.move_event,
    req.ProposeOp: lifecycle.propose,
    req.ResolveOp: lifecycle.resolve,
    req.EventPayoutOp: lifecycle.pay_event,
    req.VoidOp: lifecycle.void,
    req.EventVoidOp: lifecycle.void_event,
}


class FundsDesk:
    """Carries out operations that are not orders."""

    def __init__(self, sequencer: Sequencer, clock: Clock) -> None:
        self._sequencer = sequencer
        self._clock = clock
        self._checkpoints = sequencer.ledger.n

    def take(self, op: FundsOp, key_id: int = 0) -> Ticket:
        """Carry out *op*, asked for by API key *key_id*; the ticket says what its answer awaits."""
        self._sequencer.acting_key = key_id
        try:
            return self._take(op)
        finally:
            self._sequencer.acting_key = 0

    def _take(self, op: FundsOp) -> Ticket:
        moved = _MOVES.get(type(op))
        if moved is not None:
            return moved(self._sequencer, op)
        if isinstance(op, req.SetClockOp):
            return self._set_clock(op)
        if isinstance(op, CheckpointOp):
            return self._checkpoint()
        carry_out = _OPERATIONS[type(op)]
        if self._sequencer.ledger.chain.home:
            carry_out = _ON_CHAIN.get(type(op), carry_out)
        return Ticket(carry_out(self._sequencer, op))

    def _set_clock(self, op: req.SetClockOp) -> Ticket:
        """Advance the manual clock, and answer when everything due until then has happened."""
        sequencer = self._sequencer
        if not self._clock.manual:
            return Ticket(Declined(Reject.CLOCK_NOT_MANUAL))
        if op.time_us < sequencer.time_us:
            least = f"at least {format_time(sequencer.time_us)}"
            return Ticket(Declined(Reject.CLOCK_BACKWARDS, format_time(op.time_us), least))
        self._clock.set(op.time_us)
        sequencer.advance(op.time_us)
        return Ticket(Done(sequencer.batch.n), tuple(sequencer.tick_all()))

    def _checkpoint(self) -> Ticket:
        """Ask every kernel for the hashes of its books; the fold compares them as they come."""
        sequencer = self._sequencer
        self._checkpoints = max(self._checkpoints + 1, sequencer.batch.n)
        seqs = tuple(
            (shard, sequencer.number(shard, self._command(shard)))
            for shard in range(sequencer.config.shards_count)
        )
        return Ticket(Done(sequencer.batch.n, self._checkpoints), seqs)

    def _command(self, shard: int) -> Checkpoint:
        sequencer = self._sequencer
        seq = sequencer.next_seq(shard)
        return Checkpoint(0, seq, sequencer.time_us, 0, self._checkpoints)
