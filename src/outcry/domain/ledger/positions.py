"""Positions: what was paid for the tokens that an account has, and what it made of them."""

from outcry.domain.ledger.effects import Effects, PostingKind
from outcry.domain.ledger.numbers import KEY_BITS, MONEY
from outcry.domain.ledger.postings import owned, post
from outcry.domain.ledger.state import Ledger, Position
from outcry.domain.outcomes import asset_market, token_asset


def position_of(ledger: Ledger, effects: Effects, account: int, market_id: int) -> Position:
    """Return the position that is about to change, a new one if there is none."""
    key = account << KEY_BITS | market_id
    position = ledger.positions.get(key)
    if position is None:
        position = ledger.position(account, market_id)
    effects.positions[key] = None
    return position


def bought(
    ledger: Ledger, effects: Effects, account: int, market_id: int, outcome: int, qty: int,
    cost: int,
) -> None:  # fmt: skip
    """Add *qty* lots that cost *cost* micros to a position."""
    position = position_of(ledger, effects, account, market_id)
    position.cost[outcome] += cost
    position.bought[outcome] += qty
    position.paid[outcome] += cost
    position.net_cash += cost


def sold(
    ledger: Ledger, effects: Effects, account: int, market_id: int, outcome: int, qty: int,
    proceeds: int,
) -> None:  # fmt: skip
    """Take *qty* lots that brought *proceeds* micros off a position; call before the tokens go.

    The cost that leaves is the floor of the proportional part, all of it with the last lot. Tokens
    that wait for the chain still have their cost here: they may come back.
    """
    position = position_of(ledger, effects, account, market_id)
    everything = owned(ledger, account, token_asset(market_id, outcome))
    cost = position.cost[outcome] * qty // everything
    position.cost[outcome] -= cost
    position.realised += proceeds - cost
    position.net_cash -= proceeds


def move(
    ledger: Ledger, effects: Effects, source: int, target: int, asset: int, amount: int,
    kind: PostingKind, ref: int,
) -> None:  # fmt: skip
    """Post *amount* from one account to another. Tokens take their part of the cost with them.

    So nothing is realised, and a refund finds what was paid in where the tokens are.
    """
    if asset != MONEY and amount:
        market_id, outcome = asset_market(asset)
        everything = owned(ledger, source, asset)
        cost = ledger.position(source, market_id).cost[outcome] * amount // everything
        sold(ledger, effects, source, market_id, outcome, amount, cost)
        bought(ledger, effects, target, market_id, outcome, amount, cost)
    post(ledger, effects, source, target, asset, amount, kind, ref)
