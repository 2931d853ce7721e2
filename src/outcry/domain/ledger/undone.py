"""What the contract did for an account and a deep reorganisation undid, and what it did again.

Afterwards the ledger has what escrow has: what is there is given back as far as it can be. What is
not there any more, since it was used, is noted as missing: balance less what is missing is what the
contract has. What the contract has not any more is outside, and comes in from there when it is
mined again; nothing of it is in suspense, from where people could give it out.
"""

from outcry.domain.ids import COLLATERAL, EXTERNAL, asset_market, token_asset
from outcry.domain.ledger import funds
from outcry.domain.ledger.effects import Effects
from outcry.domain.ledger.escrow import found, miss, whole_lots
from outcry.domain.ledger.positions import bought, sold
from outcry.domain.ledger.postings import owned, post
from outcry.domain.ledger.state import Ledger, balance_key
from outcry.domain.units import TICKS_PER_UNIT


OUTCOMES = (0, 1)


def take_back(
    ledger: Ledger, effects: Effects, account: int, asset: int, atoms: int, reason: str
) -> None:
    """A deposit that was believed is no longer on the chain: so is what is left of it; freeze."""
    amount = -whole_lots(ledger, account, asset, -atoms)
    _let_go(ledger, effects, account, asset, amount, reason)
    ledger.frozen[account] = reason


def turn(
    ledger: Ledger, effects: Effects, account: int, market_id: int, qty: int, reason: str
) -> None:
    """Money of *account* is *qty* pairs of tokens now or, below 0, pairs of tokens are money."""
    if qty > 0:
        _into_pairs(ledger, effects, account, market_id, qty, reason)
    else:
        _into_money(ledger, effects, account, market_id, -qty, reason)


def _into_pairs(
    ledger: Ledger, effects: Effects, account: int, market_id: int, qty: int, reason: str
) -> None:
    pairs = min(qty, ledger.free(account, COLLATERAL) // TICKS_PER_UNIT)
    if pairs:
        funds.issue(ledger, effects, account, market_id, pairs, "")
    lacks = qty - pairs
    if not lacks:
        return
    pool, value = -market_id, lacks * TICKS_PER_UNIT
    _let_go(ledger, effects, account, COLLATERAL, value, reason)
    # Tokens need their backing: it is with whoever has what is missing.
    post(ledger, effects, EXTERNAL, pool, COLLATERAL, value, "reverted", market_id)
    for outcome in OUTCOMES:
        asset = token_asset(market_id, outcome)
        post(ledger, effects, pool, account, asset, lacks, "reverted", market_id)
        bought(ledger, effects, account, market_id, outcome, lacks, value // 2)


def _into_money(
    ledger: Ledger, effects: Effects, account: int, market_id: int, qty: int, reason: str
) -> None:
    assets = [token_asset(market_id, outcome) for outcome in OUTCOMES]
    pairs = min(qty, *(ledger.free(account, asset) for asset in assets))
    if pairs:
        funds.take_back(ledger, effects, account, market_id, pairs, "")
    lacks = qty - pairs
    if not lacks:
        return
    for asset in assets:
        _let_go(ledger, effects, account, asset, lacks, reason)
    value = lacks * TICKS_PER_UNIT
    post(ledger, effects, EXTERNAL, account, COLLATERAL, value, "reverted", market_id)


def unredeem(
    ledger: Ledger, effects: Effects, account: int, market_id: int, atoms: tuple[int, int],
    paid: int, reason: str,
) -> None:  # fmt: skip
    """*account* has its tokens of a paid market again, and no longer the *paid* micros."""
    position, pool = ledger.position(account, market_id), -market_id
    there = min(paid, ledger.free(account, COLLATERAL))
    left = there
    for outcome in OUTCOMES:
        asset = token_asset(market_id, outcome)
        lots = whole_lots(ledger, account, asset, atoms[outcome])
        value = ledger.markets[market_id].payout[outcome] * lots
        own = min(value, left)
        left -= own
        post(ledger, effects, account, pool, COLLATERAL, own, "reverted", market_id)
        post(ledger, effects, EXTERNAL, pool, COLLATERAL, value - own, "reverted", market_id)
        post(ledger, effects, pool, account, asset, lots, "reverted", market_id)
        # They are worth their payout: nothing is won or lost when it comes again.
        position.cost[outcome] += value
        position.redeemed -= value
    post(ledger, effects, account, EXTERNAL, COLLATERAL, left, "reverted", market_id)
    miss(ledger, account, COLLATERAL, paid - there, reason)
    effects.positions[balance_key(account, market_id)] = None
    ledger.frozen[account] = reason


def take_missing(ledger: Ledger, effects: Effects, account: int, asset: int, amount: int) -> None:
    """Take *amount*, which is free, for what is missing: the account never had both."""
    _debit(ledger, effects, account, asset, amount)
    found(ledger, account, asset, amount)


def _let_go(
    ledger: Ledger, effects: Effects, account: int, asset: int, amount: int, reason: str
) -> None:
    """Take *amount* as far as it is free, tokens at their cost; the rest is missing."""
    taken = min(amount, ledger.free(account, asset))
    _debit(ledger, effects, account, asset, taken)
    miss(ledger, account, asset, amount - taken, reason)


def _debit(ledger: Ledger, effects: Effects, account: int, asset: int, amount: int) -> None:
    if asset != COLLATERAL and amount:
        market_id, outcome = asset_market(asset)
        everything = owned(ledger, account, asset)
        cost = ledger.position(account, market_id).cost[outcome] * amount // everything
        sold(ledger, effects, account, market_id, outcome, amount, cost)
    post(ledger, effects, account, EXTERNAL, asset, amount, "reverted", 0)
