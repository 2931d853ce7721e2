"""Escrow: what users have in a contract, as the ledger mirrors it. Only for ledgers with a home.

An address has one account here (`outcry.domain.ledger.mirrors`). What the contract
says happened is taken in as it is; what users ask for (withdrawals, splits, merges) and what the
exchange does for them (redemptions) is an *operation*: begun in the ledger, where its value waits
in `PENDING`, carried out by the contract, and ended by what became of it there.

* Tokens are counted in lots here and in atomic units there: what is less than a lot is *dust*, kept
  beside the balance and usable by nobody here.
* The world outside splits what it brings: so the collateral of a market backs every token that the
  ledger knows, wherever it is.
* Who announces an exit may not use what is announced any more: it is not available until the exit
  is done or called off.
"""

from collections.abc import Iterator
from enum import IntEnum
from typing import Final

from outcry.domain.errors import InvariantError
from outcry.domain.ids import COLLATERAL, EXTERNAL, PENDING, asset_market, token_asset
from outcry.domain.ledger import funds
from outcry.domain.ledger.effects import Effects
from outcry.domain.ledger.in_transit import EscrowOperation
from outcry.domain.ledger.lifecycle import close_drained
from outcry.domain.ledger.pending import on_its_way
from outcry.domain.ledger.positions import bought, sold
from outcry.domain.ledger.postings import post
from outcry.domain.ledger.state import Ledger, balance_key
from outcry.domain.units import TICKS_PER_UNIT


#: Atomic units of a token in a lot; of collateral an atomic unit is a micro.
ATOMS_PER_LOT: Final = 10_000


#: Reports of escrow that are remembered: how far back a reorganisation is understood.
MARKS_COUNT_MAX: Final = 256


#: Conditions of no market that are remembered: anybody may register one, at 200,000 gas each.
STRANGE_COUNT_MAX: Final = 100_000


class Operation(IntEnum):
    """What the contract does to an account's escrow on our behalf."""

    WITHDRAW = 0
    SPLIT = 1
    MERGE = 2
    REDEEM = 3


#: Operations for which a market that closes waits: tokens of it come or go.
ISSUING: Final = frozenset({Operation.SPLIT, Operation.MERGE})


class Stage(IntEnum):
    """How far a market has come in the contracts."""

    LISTED = 0
    #: Its condition is known there: tokens can be issued.
    REGISTERED = 1
    #: The escrow's tokens were turned into collateral; they are claims of the accounts now.
    REDEEMED = 2


def begin(ledger: Ledger, effects: Effects, one: EscrowOperation) -> None:
    """Set aside what an operation takes; remember the key under which its owner asked for it."""
    state = ledger.chain
    if one.operation_id != state.next_operation:
        raise InvariantError(f"operation {one.operation_id} is not {state.next_operation}")
    state.next_operation += 1
    state.operations[one.operation_id] = one
    if one.kind in ISSUING:
        ledger.markets[one.market_id].pending_count += 1
    for asset, amount in takes(one):
        post(ledger, effects, one.account, PENDING, asset, amount, "pending", one.operation_id)
        on_its_way(ledger, effects, one.account, asset, outgoing=amount)
    for asset, amount in brings(ledger, one):
        on_its_way(ledger, effects, one.account, asset, incoming=amount)
    kind = Operation(one.kind).name.lower()
    content: tuple[int | str, ...] = (one.account, one.market_id, one.qty)
    if one.kind == Operation.WITHDRAW:
        content = (one.account, one.asset, one.qty)
    funds.remember_own(ledger, kind, one.account, one.key, content, one.operation_id)


def complete(ledger: Ledger, effects: Effects, operation_id: int) -> None:
    """The contract has carried an operation out."""
    one = _leave(ledger, operation_id)
    account, market_id, qty = one.account, one.market_id, one.qty
    if one.kind == Operation.WITHDRAW:
        _outside(ledger, effects, PENDING, account, one.asset, qty)
    elif one.kind == Operation.SPLIT:
        funds.issue(ledger, effects, account, market_id, qty, one.key, PENDING)
    elif one.kind == Operation.MERGE:
        funds.take_back(ledger, effects, account, market_id, qty, one.key, PENDING)
    else:
        funds.pay_out(ledger, effects, account, market_id, (qty, one.qty_no), one.key, PENDING)
        for asset, lots, value in unpaid(ledger, one):
            found(ledger, account, asset, lots)
            miss(ledger, account, COLLATERAL, value, "tokens that were missing are paid now")
    _finish(ledger, effects, one)


def fail(ledger: Ledger, effects: Effects, operation_id: int) -> None:
    """The contract will not carry an operation out: what it took is available again."""
    one = _leave(ledger, operation_id)
    for asset, amount in takes(one):
        post(ledger, effects, PENDING, one.account, asset, amount, "failed", operation_id)
    _finish(ledger, effects, one)


def takes(one: EscrowOperation) -> Iterator[tuple[int, int]]:
    """Yield ``(asset, amount)`` of everything that an operation takes from its account."""
    if one.kind == Operation.WITHDRAW:
        yield one.asset, one.qty
    elif one.kind == Operation.SPLIT:
        yield COLLATERAL, one.qty * TICKS_PER_UNIT
    else:
        yield token_asset(one.market_id, 0), one.qty
        yield token_asset(one.market_id, 1), one.qty_no


def brings(ledger: Ledger, one: EscrowOperation) -> Iterator[tuple[int, int]]:
    """Yield ``(asset, amount)`` of everything that an operation brings to its account."""
    if one.kind == Operation.SPLIT:
        for outcome in (0, 1):
            yield token_asset(one.market_id, outcome), one.qty
    elif one.kind == Operation.MERGE:
        yield COLLATERAL, one.qty * TICKS_PER_UNIT
    elif one.kind == Operation.REDEEM:
        payout = ledger.markets[one.market_id].payout
        yield COLLATERAL, payout[0] * one.qty + payout[1] * one.qty_no


def there(ledger: Ledger, account: int, asset: int) -> int:
    """Return how much of an account's balance the contract has: what is missing it has not.

    What waits for something else is looked upon as missing first.
    """
    missing = ledger.chain.missing.get(balance_key(account, asset), 0)
    lacks = max(0, missing - ledger.outgoing(account, asset))
    return max(0, ledger.total(account, asset) - lacks)


def unpaid(ledger: Ledger, one: EscrowOperation) -> Iterator[tuple[int, int, int]]:
    """Yield ``(asset, lots, micros)`` of what a redemption counts and the contract cannot pay.

    Tokens that went missing after it was begun are none there.
    """
    payout = ledger.markets[one.market_id].payout
    for outcome, qty in enumerate((one.qty, one.qty_no)):
        asset = token_asset(one.market_id, outcome)
        missing = ledger.chain.missing.get(balance_key(one.account, asset), 0)
        others = ledger.total(one.account, asset) + ledger.outgoing(one.account, asset) - qty
        lots = min(qty, missing - others)
        if lots > 0:
            yield asset, lots, lots * payout[outcome]


def take_in(ledger: Ledger, effects: Effects, account: int, asset: int, atoms: int) -> None:
    """Credit what came into escrow: micros of collateral, atomic units of a token."""
    amount = whole_lots(ledger, account, asset, atoms)
    if asset != COLLATERAL and amount:
        market_id, outcome = asset_market(asset)
        bring_pairs(ledger, effects, market_id, outcome, amount)
        bought(ledger, effects, account, market_id, outcome, amount, 0)
    post(ledger, effects, EXTERNAL, account, asset, amount, "deposit", 0)


def let_out(
    ledger: Ledger, effects: Effects, account: int, asset: int, atoms: int, *, exits: bool = True
) -> None:
    """Debit what its owner took out of escrow without us; the exit that was announced is done.

    Not *exits*: it was a payment, so what was announced still is.

    What is not there any more is noted as missing and the account is frozen: then the contract paid
    out what waited for another.
    """
    if exits:
        ledger.chain.exits.pop(balance_key(account, asset), None)
    amount = -whole_lots(ledger, account, asset, -atoms)
    there = min(amount, ledger.free(account, asset))
    _outside(ledger, effects, account, account, asset, there)
    miss(ledger, account, asset, amount - there, "the contract paid out what was promised")


def announce_exit(ledger: Ledger, effects: Effects, account: int, asset: int, atoms: int) -> None:
    """Reserve what its owner will take out without us; 0 calls it off."""
    key = balance_key(account, asset)
    ledger.balance(account, asset)
    effects.balances[key] = None
    if atoms:
        ledger.chain.exits[key] = atoms if asset == COLLATERAL else -(-atoms // ATOMS_PER_LOT)
    else:
        ledger.chain.exits.pop(key, None)


def sweep_dust(ledger: Ledger, effects: Effects, account: int, market_id: int, paid: int) -> None:
    """The contract redeemed an account: *paid* micros, a few of them for dust."""
    for outcome in (0, 1):
        key = balance_key(account, token_asset(market_id, outcome))
        ledger.chain.dust.pop(key, None)
        ledger.chain.uncredited.pop(key, None)
    post(ledger, effects, EXTERNAL, account, COLLATERAL, paid, "deposit", market_id)


def note_strange(ledger: Ledger, condition: str, block: int) -> None:
    """Remember that the contract knows a condition of no market: nobody may list it later.

    What was deposited of it meanwhile is none of the ledger's, and its registration is not told
    again.
    """
    state = ledger.chain
    if condition in state.conditions:
        return
    state.strange[condition] = block
    if len(state.strange) > STRANGE_COUNT_MAX:
        del state.strange[next(iter(state.strange))]


def shortfall(ledger: Ledger, account: int, asset: int) -> int:
    """Return how much of an announced exit is still set aside for orders."""
    claim = ledger.chain.exits.get(balance_key(account, asset), 0)
    return max(0, min(claim, ledger.total(account, asset)) - ledger.free(account, asset))


def whole_lots(ledger: Ledger, account: int, asset: int, atoms: int) -> int:
    """Return how a change of *atoms* changes the balance; what is less than a lot is dust."""
    if asset == COLLATERAL:
        return atoms
    key = balance_key(account, asset)
    lots, dust = divmod(ledger.chain.dust.pop(key, 0) + atoms, ATOMS_PER_LOT)
    if dust:
        ledger.chain.dust[key] = dust
    return lots


def bring_pairs(
    ledger: Ledger, effects: Effects, market_id: int, outcome: int, amount: int
) -> None:
    """Let the world outside split what it lacks of the token that it is about to hand over."""
    lacks = amount - max(0, ledger.total(EXTERNAL, token_asset(market_id, outcome)))
    if lacks <= 0:
        return
    pool, value = -market_id, lacks * TICKS_PER_UNIT
    post(ledger, effects, EXTERNAL, pool, COLLATERAL, value, "split", market_id)
    for side in (0, 1):
        asset = token_asset(market_id, side)
        post(ledger, effects, pool, EXTERNAL, asset, lacks, "split", market_id)


def _outside(
    ledger: Ledger, effects: Effects, giver: int, account: int, asset: int, amount: int
) -> None:
    """Move what *account* had, and *giver* keeps, to the world outside; tokens at their cost."""
    if asset != COLLATERAL and amount:
        market_id, outcome = asset_market(asset)
        owned = ledger.total(account, asset) + ledger.outgoing(account, asset)
        cost = ledger.position(account, market_id).cost[outcome] * amount // owned
        sold(ledger, effects, account, market_id, outcome, amount, cost)
    post(ledger, effects, giver, EXTERNAL, asset, amount, "withdraw", 0)


def miss(ledger: Ledger, account: int, asset: int, amount: int, reason: str) -> None:
    """Note that *account* lacks *amount* that it should have, if any, and freeze it."""
    if amount > 0:
        key = balance_key(account, asset)
        ledger.chain.missing[key] = ledger.chain.missing.get(key, 0) + amount
        ledger.frozen[account] = reason


def found(ledger: Ledger, account: int, asset: int, amount: int) -> None:
    """So much is missing no more."""
    key = balance_key(account, asset)
    ledger.chain.missing[key] -= amount
    if not ledger.chain.missing[key]:
        del ledger.chain.missing[key]


def _leave(ledger: Ledger, operation_id: int) -> EscrowOperation:
    one = ledger.chain.operations.pop(operation_id, None)
    if one is None:
        raise InvariantError(f"operation {operation_id} is not pending")
    return one


def _finish(ledger: Ledger, effects: Effects, one: EscrowOperation) -> None:
    """The operation's value is where it belongs: nothing of it is on its way any more."""
    for asset, amount in takes(one):
        on_its_way(ledger, effects, one.account, asset, outgoing=-amount)
    for asset, amount in brings(ledger, one):
        on_its_way(ledger, effects, one.account, asset, incoming=-amount)
    if one.kind in ISSUING:
        ledger.markets[one.market_id].pending_count -= 1
        close_drained(ledger, effects, one.market_id)
