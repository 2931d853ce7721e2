"""Money and tokens of a ledger that lives on contracts: asked for here, done there.

A withdrawal, split or merge is begun when it is granted and ends when the contract has spoken. What
happens in escrow without us is taken in as it is, block by block, once.
"""

from typing import NamedTuple

from outcry.domain.ids import COLLATERAL, asset_market, token_asset
from outcry.domain.ledger.checks import check_funds
from outcry.domain.ledger.escrow import Operation
from outcry.domain.ledger.funds import own_key
from outcry.domain.ledger.limits import check_tokens
from outcry.domain.ledger.mirrors import address_of
from outcry.domain.ledger.state import Ledger
from outcry.domain.market import TRADING_STATES
from outcry.domain.rejects import Reject
from outcry.domain.units import BALANCE_LIMIT, QUANTITY_MAX, TICKS_PER_UNIT
from outcry.messages.escrow_records import EscrowBegun
from outcry.messages.escrow_requests import PayOutOp
from outcry.messages.requests import (
    Declined,
    DepositOp,
    Done,
    FundsResult,
    LinkAddressOp,
    MergeOp,
    RedeemOp,
    SplitOp,
    TransferOp,
    WithdrawOp,
)
from outcry.services.asset import admin
from outcry.services.asset.answers import busy, declined
from outcry.services.asset.operations import repeated
from outcry.services.asset.sequencer import Sequencer


#: What is to be done by the contract and is not yet, beyond which requests are declined as busy.
OPERATIONS_COUNT_MAX = 100_000


def refuse(_sequencer: Sequencer, op: DepositOp | TransferOp | RedeemOp) -> FundsResult:
    """Decline what the ledger does not do by itself where a contract keeps everything."""
    wanted = {
        DepositOp: "a deposit into the contract, which is credited once it is confirmed",
        TransferOp: "a withdrawal, and a deposit for the other address",
        RedeemOp: "nothing: tokens of a paid market are redeemed without being asked",
    }[type(op)]
    return Declined(Reject.ON_CHAIN_ONLY, expected=wanted)


def link_address(sequencer: Sequencer, op: LinkAddressOp) -> FundsResult:
    """Link an address to a user who has none: what one has in escrow belongs to an address."""
    user = sequencer.ledger.users.get(op.user_id)
    if user and user.address and user.address != op.address.lower():
        wanted = "the address that the user has already"
        return Declined(Reject.ON_CHAIN_ONLY, op.address[:80], wanted)
    return admin.link_address(sequencer, op)


def pay_nothing(_sequencer: Sequencer, _op: PayOutOp) -> FundsResult:
    """Decline a withdrawal where there is no contract that pays it out."""
    return Declined(Reject.ON_NO_CHAIN)


def withdraw(sequencer: Sequencer, op: WithdrawOp | PayOutOp) -> FundsResult:
    """Begin to pay collateral or tokens out, to the address of the account's user."""
    ledger = sequencer.ledger
    refused = _known(ledger, "withdraw", op.account, op.key, (op.account, op.asset, op.amount))
    if refused:
        return refused
    if op.asset != COLLATERAL and asset_market(op.asset)[0] not in ledger.markets:
        return Declined(Reject.TOKEN_UNKNOWN, f"asset {op.asset}")
    if not 0 < op.amount < BALANCE_LIMIT:
        return Declined(Reject.AMOUNT_INVALID, str(op.amount))
    short = check_funds(ledger, op.account, op.asset, op.amount)
    if short:
        return declined(short)
    wish = Wish(Operation.WITHDRAW, op.account, asset=op.asset, qty=op.amount, key=op.key)
    return begin(sequencer, op.actor, wish)


def split(sequencer: Sequencer, op: SplitOp) -> FundsResult:
    """Begin to turn collateral into pairs of tokens."""
    ledger = sequencer.ledger
    refused = _check_pairs(ledger, op, "split")
    if refused:
        return refused
    short = check_funds(ledger, op.account, COLLATERAL, TICKS_PER_UNIT * op.qty)
    for outcome in (0, 1):
        short = short or check_tokens(ledger, op.account, op.market_id, outcome, op.qty)
    if short:
        return declined(short)
    wish = Wish(Operation.SPLIT, op.account, op.market_id, qty=op.qty, key=op.key)
    return begin(sequencer, op.actor, wish)


def merge(sequencer: Sequencer, op: MergeOp) -> FundsResult:
    """Begin to turn pairs of tokens into collateral."""
    ledger = sequencer.ledger
    refused = _check_pairs(ledger, op, "merge")
    if refused:
        return refused
    for outcome in (0, 1):
        short = check_funds(ledger, op.account, token_asset(op.market_id, outcome), op.qty)
        if short:
            return declined(short)
    wish = Wish(Operation.MERGE, op.account, op.market_id, qty=op.qty, qty_no=op.qty, key=op.key)
    return begin(sequencer, op.actor, wish)


class Wish(NamedTuple):
    """An operation that is granted; see `outcry.domain.ledger.in_transit.EscrowOperation`."""

    kind: Operation
    account: int
    market_id: int = 0
    asset: int = COLLATERAL
    qty: int = 0
    qty_no: int = 0
    key: str = ""


def begin(sequencer: Sequencer, actor: int, wish: Wish) -> FundsResult:
    """Record an operation that is granted; its number is the answer's id."""
    ledger = sequencer.ledger
    operation_id = ledger.chain.next_operation
    sequencer.record(
        EscrowBegun(
            sequencer.time_us,
            actor,
            operation_id,
            wish.kind,
            wish.account,
            address_of(ledger, wish.account),
            wish.market_id,
            wish.asset,
            wish.qty,
            wish.qty_no,
            wish.key,
        )
    )
    return Done(sequencer.batch.n, operation_id, amount=wish.qty)


def _check_pairs(ledger: Ledger, op: SplitOp | MergeOp, kind: str) -> FundsResult | None:
    refused = _known(ledger, kind, op.account, op.key, (op.account, op.market_id, op.qty))
    if refused:
        return refused
    market = ledger.markets.get(op.market_id)
    if market is None:
        return Declined(Reject.MARKET_UNKNOWN, str(op.market_id))
    # Later than that a market would have to wait for what the contract says before it closes.
    if market.state not in TRADING_STATES or not ledger.chain.stages.get(op.market_id):
        return Declined(Reject.MARKET_NOT_OPEN, market.state.name.lower(), "open or paused")
    if not 0 < op.qty <= QUANTITY_MAX:
        return Declined(Reject.QUANTITY_INVALID, str(op.qty))
    return None


def _known(
    ledger: Ledger, kind: str, account: int, key: str, content: tuple[int | str, ...]
) -> FundsResult | None:
    """Return the first answer to a repeat, or why the account can ask for nothing now."""
    again = repeated(ledger, kind, own_key(account, key), content)
    if isinstance(again, Done):
        return Done(again.n, again.amount, amount=int(content[-1]), repeated=True)
    if again:
        return again
    if account not in ledger.owners:
        return Declined(Reject.ACCOUNT_UNKNOWN, str(account))
    if account in ledger.frozen:
        return Declined(Reject.ACCOUNT_FROZEN, ledger.frozen[account])
    if not address_of(ledger, account):
        return Declined(Reject.ADDRESS_MISSING)
    if len(ledger.chain.operations) >= OPERATIONS_COUNT_MAX:
        return busy()
    return None
