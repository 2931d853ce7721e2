"""What happened in escrow, taken in once: every block whole, in the order of its events.

Accounts are found by the address that they mirror; an address that nobody has becomes a user of its
own. Tokens that no market of ours has are not ours to know.
"""

from outcry.domain.ids import COLLATERAL, FIRST_ACCOUNT, asset_market, token_asset
from outcry.domain.ledger import escrow as rules
from outcry.domain.ledger import uncredited
from outcry.domain.ledger.escrow import Operation, Stage
from outcry.domain.ledger.mirrors import account_of, address_of
from outcry.domain.ledger.state import Ledger, balance_key
from outcry.domain.market import PAID_STATES, MarketMove, MarketState
from outcry.domain.rejects import Reject
from outcry.domain.units import BALANCE_LIMIT, TIME_US_MAX
from outcry.messages import escrow_records as rec
from outcry.messages.escrow_requests import (
    BLOCK_HAPPENINGS_COUNT_MAX,
    GIVEN_UP_COUNT_MAX,
    HAPPENINGS_COUNT_MAX,
    EscrowReportOp,
)
from outcry.messages.happenings import Happened, Happening
from outcry.messages.requests import Declined, Done, FundsResult
from outcry.services.asset.escrow import Wish, begin
from outcry.services.asset.escrow_lost import lose, take_missing, turn
from outcry.services.asset.sequencer import Sequencer
from outcry.services.asset.verdicts import cancel_orders
from outcry.services.asset.wallets import account_at


REASON_LENGTH_MAX = 256
_MICROS_PER_SECOND = 1_000_000
#: What ends an operation, and of which kind that is.
_ENDS: dict[int, Operation] = {
    Happened.PAID_OUT: Operation.WITHDRAW,
    Happened.SPLIT: Operation.SPLIT,
    Happened.MERGED: Operation.MERGE,
}


def report(sequencer: Sequencer, op: EscrowReportOp) -> FundsResult:
    """Take in a report; all or nothing."""
    ledger = sequencer.ledger
    repeats = [(op.block, op.block_hash)] == [mark[1:] for mark in ledger.chain.escrow_marks[-1:]]
    goes_on = not repeats and (op.block > ledger.chain.escrow_block or op.common >= 0)
    known = op.common if op.common >= 0 else ledger.chain.escrow_block
    news = [one for one in op.happenings if goes_on and one.block > known]
    given_up = [one for one in op.given_up if one.operation_id in ledger.chain.operations]
    refused = _check(ledger, op, news)
    if refused:
        return refused
    if not goes_on and not given_up:
        return Done(ledger.n, repeated=True)
    taking = Taking(sequencer, op.actor)
    for happening in reversed(op.lost):  # as it was before each of them
        lose(taking, happening)
    for happening in [*news, *op.exits]:
        taking.take(happening)
    for one in given_up:
        taking.give_up(one.operation_id, one.reason, one.tx_hash)
    take_missing(sequencer, op.actor)
    if goes_on:
        said = sorted([*op.kept, *news], key=lambda one: (one.block, one.log_index))
        cursor = rec.EscrowCursor(
            sequencer.time_us, op.actor, op.block, op.block_hash, said, op.common
        )
        sequencer.record(cursor)
    return Done(sequencer.batch.n)


def _check(ledger: Ledger, op: EscrowReportOp, news: list[Happening]) -> Declined | None:
    """Decline what cannot be: then this ledger and that contract are not of one another."""
    if op.after not in (-1, ledger.chain.escrow_block):
        known = f"after block {ledger.chain.escrow_block}"
        return Declined(Reject.OUT_OF_SEQUENCE, f"after block {op.after}", known)
    one_block = len({one.block for one in op.happenings}) <= 1
    limit = BLOCK_HAPPENINGS_COUNT_MAX if one_block else HAPPENINGS_COUNT_MAX
    if len(op.happenings) > limit or len(op.given_up) > GIVEN_UP_COUNT_MAX:
        most = f"at most {limit} happenings, {GIVEN_UP_COUNT_MAX} given up"
        return Declined(Reject.BATCH_TOO_LARGE, f"{len(op.happenings)}, {len(op.given_up)}", most)
    if ledger.chain.home is None:
        return Declined(Reject.ON_CHAIN_ONLY, "a ledger without a chain")
    length = max((len(one.reason) for one in op.given_up), default=0)
    if length > REASON_LENGTH_MAX:
        most = f"reasons of at most {REASON_LENGTH_MAX}"
        return Declined(Reject.FIELD_INVALID, f"{length} characters", most)
    ended: set[int] = set()
    for one in news:
        if one.kind in _ENDS:
            if not 0 <= one.amount < BALANCE_LIMIT:  # we never asked for so much
                return Declined(Reject.BALANCE_LIMIT, str(one.amount))
            if one.number in ended or not _may_end(ledger, one):
                return Declined(Reject.SETTLEMENT_UNKNOWN, f"operation {one.number}")
            ended.add(one.number)
        market_id = ledger.chain.conditions.get(one.asset, 0)
        if one.kind == Happened.REDEEMED and market_id:
            state = ledger.markets[market_id].state
            if state not in PAID_STATES:
                wanted = f"market {market_id} to be paid here before it is paid there"
                return Declined(Reject.MARKET_NOT_RESOLVED, state.name.lower(), wanted)
    return None


def _may_end(ledger: Ledger, one: Happening) -> bool:
    """Whether an operation of ours can have done this.

    What one did that has ended may be mined again after a deep reorganisation.
    """
    operation = ledger.chain.operations.get(one.number)
    if operation is None:
        known = one.kind == Happened.PAID_OUT or one.asset in ledger.chain.conditions
        return known and 0 < one.number < ledger.chain.next_operation
    return operation.kind == _ENDS[one.kind]


class Taking:
    """Turns what happened into records, one after the other."""

    def __init__(self, sequencer: Sequencer, actor: int) -> None:
        self.sequencer = sequencer
        self.ledger = sequencer.ledger
        self.actor = actor
        self._redemptions: dict[tuple[int, int], int] | None = None
        #: Accounts whose orders this report cancels: once is enough.
        self._cancelled: set[int] = set()

    def take(self, one: Happening) -> None:
        """Record one happening, if it concerns this ledger."""
        if one.kind in _ENDS and one.number in self.ledger.chain.operations:
            self._end(one.number, one.tx_hash)
        elif one.kind in (Happened.SPLIT, Happened.MERGED):
            turn(self, one, undone="")
        elif one.kind in (Happened.REGISTERED, Happened.REDEEMED, Happened.REDEEMED_FOR):
            market_id = self.ledger.chain.conditions.get(one.asset)
            if market_id:
                self._market(one, market_id)
        elif one.kind in (Happened.REVOKED, Happened.NONCE_RAISED, Happened.KEY_ENDED):
            account = account_of(self.ledger, one.who)
            if account is not None:
                self.cancel(account)
        else:
            asset = self.asset(one.asset)
            if asset is not None:
                self._balance(one, asset)

    def give_up(self, operation_id: int, reason: str, tx_hash: str) -> None:
        """The contract refuses an operation for good."""
        operation = self.ledger.chain.operations[operation_id]
        now_us = self.sequencer.time_us
        self.sequencer.record(
            rec.EscrowEnded(now_us, self.actor, operation_id, False, tx_hash, reason)  # noqa: FBT003
        )
        if operation.kind == Operation.WITHDRAW and operation.asset != COLLATERAL:
            market_id, _ = asset_market(operation.asset)
            if self.ledger.chain.stages.get(market_id) == Stage.REDEEMED:
                self.redeem(operation.account, market_id)

    def _balance(self, one: Happening, asset: int) -> None:
        account = self.account(one.who)
        now_us, actor = self.sequencer.time_us, self.actor
        if one.kind == Happened.EXIT_REQUESTED:
            ready_us = min(one.number * _MICROS_PER_SECOND, TIME_US_MAX)
            atoms = min(one.amount, BALANCE_LIMIT - 1)  # nobody has more here
            self.sequencer.record(
                rec.ExitAnnounced(
                    now_us, actor, account, asset, atoms, ready_us, one.tx_hash
                )
            )  # fmt: skip
            if rules.shortfall(self.ledger, account, asset):
                self.cancel(account)
            return
        if one.kind == Happened.DEPOSITED:
            self.receive(account, asset, one.amount, one.tx_hash)
            return
        paid = one.kind == Happened.PAID_OUT
        moved = rec.EscrowMoved(now_us, actor, account, asset, -one.amount, one.tx_hash, paid)
        self.sequencer.record(moved)

    def receive(self, account: int, asset: int, atoms: int, tx_hash: str) -> None:
        """Credit what came into escrow; what cannot be counted is noted instead."""
        place = self.sequencer.time_us, self.actor, account, asset, atoms, tx_hash
        if uncredited.is_too_much(self.ledger, atoms):
            self.sequencer.record(rec.EscrowUncredited(*place, Reject.BALANCE_LIMIT))
        else:
            self.sequencer.record(rec.EscrowMoved(*place))

    def _market(self, one: Happening, market_id: int) -> None:
        if one.kind == Happened.REDEEMED_FOR:
            self._redeemed(one, market_id)
            return
        market = self.ledger.markets[market_id]
        stage = Stage.REGISTERED if one.kind == Happened.REGISTERED else Stage.REDEEMED
        if self.ledger.chain.stages.get(market_id, Stage.LISTED) >= stage:
            return
        now_us = self.sequencer.time_us
        self.sequencer.record(rec.MarketStaged(now_us, self.actor, market_id, stage, one.tx_hash))
        if stage == Stage.REDEEMED:
            self._end_withdrawals(market_id)
            for account in sorted(market.accounts):
                self.redeem(account, market_id)
        elif market.state == MarketState.DRAFT:
            move = MarketMove.LIST
            self.sequencer.move_market(market_id, move, actor=self.actor, reason="registered")

    def _end_withdrawals(self, market_id: int) -> None:
        """End withdrawals of a market's tokens: the contract has none any more to pay out."""
        now_us, actor = self.sequencer.time_us, self.actor
        for one in list(self.ledger.chain.operations.values()):
            if one.kind != Operation.WITHDRAW or one.asset == COLLATERAL:
                continue
            if asset_market(one.asset)[0] == market_id:
                done, reason = False, "the market was redeemed first"
                self.sequencer.record(
                    rec.EscrowEnded(now_us, actor, one.operation_id, done, "", reason)
                )

    def cancel(self, account: int) -> None:
        """Cancel the orders of an account, once."""
        if account not in self._cancelled:
            self._cancelled.add(account)
            cancel_orders(self.sequencer, account)

    def redeem(self, account: int, market_id: int) -> None:
        """Begin to pay out what tokens an account has there, if it mirrors an address."""
        yes, no = (rules.there(self.ledger, account, token_asset(market_id, o)) for o in (0, 1))
        if account >= FIRST_ACCOUNT and (yes or no) and address_of(self.ledger, account):
            wish = Wish(Operation.REDEEM, account, market_id, qty=yes, qty_no=no)
            begin(self.sequencer, self.actor, wish)
            self._redemptions = None

    def _redeemed(self, one: Happening, market_id: int) -> None:
        """Credit an account with what its tokens paid; for dust the contract may pay more."""
        account = self.account(one.who)
        if self._redemptions is None:
            self._redemptions = {
                (operation.account, operation.market_id): operation.operation_id
                for operation in self.ledger.chain.operations.values()
                if operation.kind == Operation.REDEEM
            }
        operation_id = self._redemptions.pop((account, market_id), 0)
        # Counted before the operation ends, for then nobody knows any more what it took. Recorded
        # after: what the surplus lacks goes missing, and the end would look for that among its own.
        surplus = self._surplus(one, account, market_id, operation_id)
        paid = 0
        if operation_id:
            operation = self.ledger.chain.operations[operation_id]
            paid = sum(amount for _, amount in rules.brings(self.ledger, operation))
            paid -= sum(micros for _, _, micros in rules.unpaid(self.ledger, operation))
            self._end(operation_id, one.tx_hash)
        for moved in surplus:
            self.sequencer.record(moved)
        now_us, more = self.sequencer.time_us, max(0, one.amount - paid)
        if uncredited.is_too_much(self.ledger, more):
            self.receive(account, COLLATERAL, more, one.tx_hash)
            more = 0
        self.sequencer.record(
            rec.EscrowRounded(now_us, self.actor, account, market_id, more, one.tx_hash)
        )

    def _surplus(
        self, one: Happening, account: int, market_id: int, operation_id: int
    ) -> list[rec.EscrowMoved]:
        """Return that tokens left which the contract redeemed beside those of the operation.

        A trade brought them that is confirmed only later, or again: then they are missing by now.
        """
        moved: list[rec.EscrowMoved] = []
        operation = self.ledger.chain.operations.get(operation_id)
        counted = (operation.qty, operation.qty_no) if operation else (0, 0)
        for outcome, atoms in enumerate((one.yes, one.no)):
            asset = token_asset(market_id, outcome)
            dust = self.ledger.chain.dust.get(balance_key(account, asset), 0)
            lots = (atoms - dust) // rules.ATOMS_PER_LOT - counted[outcome]
            if lots > 0:
                gone, paid = -lots * rules.ATOMS_PER_LOT, True
                at_us, tx_hash = self.sequencer.time_us, one.tx_hash
                moved.append(
                    rec.EscrowMoved(at_us, self.actor, account, asset, gone, tx_hash, paid)
                )
        return moved

    def _end(self, operation_id: int, tx_hash: str) -> None:
        now_us = self.sequencer.time_us
        self.sequencer.record(
            rec.EscrowEnded(now_us, self.actor, operation_id, True, tx_hash, "")  # noqa: FBT003
        )

    def asset(self, text: str) -> int | None:
        """Return the asset of a token id, None for one that is not ours."""
        if text == "0":
            return COLLATERAL
        known = self.ledger.tokens.get(text)
        return token_asset(*known) if known else None

    def account(self, address: str) -> int:
        """Return the account of an address, which becomes a user if nobody has it."""
        return account_at(self.sequencer, self.actor, address)
