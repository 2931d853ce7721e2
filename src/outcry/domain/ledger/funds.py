"""Money without orders: deposits, withdrawals, transfers, splits, merges, redemptions.

Each carries out a decision; whether it may be is asked of `checks` before. A natural key, where
there is one, is remembered with the answer, so that a repeat of the request changes nothing.
"""

from outcry.domain.ids import COLLATERAL, EXTERNAL, SUSPENSE, token_asset
from outcry.domain.ledger.effects import Activity, Effects
from outcry.domain.ledger.positions import bought, move, sold
from outcry.domain.ledger.postings import post
from outcry.domain.ledger.state import KeyedOp, Ledger, balance_key
from outcry.domain.units import TICKS_PER_UNIT


OUTCOMES = (0, 1)


def own_key(account: int, key: str) -> str:
    """Return *key* as known only to *account*, "" for none: customers choose these themselves."""
    return f"{account}:{key}" if key else ""


def remember(
    ledger: Ledger, kind: str, key: str, content: tuple[int | str, ...], amount: int = 0
) -> None:
    """Remember what was done under *key*, unless it is ""."""
    if key:
        ledger.keyed_ops[kind, key] = KeyedOp(content, ledger.n, amount)


def remember_own(
    ledger: Ledger, kind: str, account: int, key: str, content: tuple[int | str, ...], amount: int
) -> None:
    """Remember, for the retention, what a customer did under a *key* of their own."""
    if key:
        remember(ledger, kind, own_key(account, key), content, amount)
        ledger.own_keys_used.append((ledger.time_us, (kind, own_key(account, key))))


def deposit(
    ledger: Ledger, effects: Effects, account: int, asset: int, amount: int, key: str
) -> None:
    """Credit what came in from outside."""
    post(ledger, effects, EXTERNAL, account, asset, amount, "deposit", 0)
    remember(ledger, "deposit", key, (account, asset, amount))


def withdraw(
    ledger: Ledger, effects: Effects, account: int, asset: int, amount: int, key: str
) -> None:
    """Debit what went out."""
    post(ledger, effects, account, EXTERNAL, asset, amount, "withdraw", 0)
    remember(ledger, "withdraw", key, (account, asset, amount))


def transfer(
    ledger: Ledger, effects: Effects, source: int, target: int, asset: int, amount: int, key: str
) -> None:
    """Move value between two accounts."""
    move(ledger, effects, source, target, asset, amount, "transfer", 0)
    content = (source, target, asset, amount)
    if source == SUSPENSE:
        # What an operator gave out is the exchange's own key: like a deposit's, it never ages.
        remember(ledger, "transfer", own_key(source, key), content)
    else:
        remember_own(ledger, "transfer", source, key, content, 0)


def split(
    ledger: Ledger, effects: Effects, account: int, market_id: int, qty: int, key: str
) -> None:
    """Turn 10,000 ticks a lot into a token of each outcome, which cost 5,000 each."""
    issue(ledger, effects, account, market_id, qty, key)
    value = TICKS_PER_UNIT * qty
    remember_own(ledger, "split", account, key, (account, market_id, qty), value)


def issue(
    ledger: Ledger, effects: Effects, account: int, market_id: int, qty: int, key: str,
    giver: int = 0,
) -> None:  # fmt: skip
    """Carry out a split; *giver* is the account that keeps the collateral, 0: its owner has it."""
    value, pool = TICKS_PER_UNIT * qty, -market_id
    post(ledger, effects, giver or account, pool, COLLATERAL, value, "split", market_id)
    for outcome in OUTCOMES:
        asset = token_asset(market_id, outcome)
        post(ledger, effects, pool, account, asset, qty, "split", market_id)
        bought(ledger, effects, account, market_id, outcome, qty, value // 2)
    _note(ledger, effects, account, "split", market_id, qty, value, key)


def merge(
    ledger: Ledger, effects: Effects, account: int, market_id: int, qty: int, key: str
) -> None:
    """Turn a token of each outcome into 10,000 ticks a lot, 5,000 for each."""
    take_back(ledger, effects, account, market_id, qty, key)
    value = TICKS_PER_UNIT * qty
    remember_own(ledger, "merge", account, key, (account, market_id, qty), value)


def take_back(
    ledger: Ledger, effects: Effects, account: int, market_id: int, qty: int, key: str,
    giver: int = 0,
) -> None:  # fmt: skip
    """Carry out a merge; *giver* is the account that keeps the tokens, 0: their owner has them."""
    value, pool = TICKS_PER_UNIT * qty, -market_id
    for outcome in OUTCOMES:
        sold(ledger, effects, account, market_id, outcome, qty, value // 2)
        asset = token_asset(market_id, outcome)
        post(ledger, effects, giver or account, pool, asset, qty, "merge", market_id)
    post(ledger, effects, pool, account, COLLATERAL, value, "merge", market_id)
    _note(ledger, effects, account, "merge", market_id, qty, value, key)


def redeem(ledger: Ledger, effects: Effects, account: int, market_id: int, key: str) -> int:
    """Turn all tokens of a paid market into what they are worth; returns the micros paid."""
    yes, no = (ledger.total(account, token_asset(market_id, outcome)) for outcome in OUTCOMES)
    paid = pay_out(ledger, effects, account, market_id, (yes, no), key)
    remember_own(ledger, "redeem", account, key, (account, market_id), paid)
    return paid


def pay_out(
    ledger: Ledger, effects: Effects, account: int, market_id: int, lots: tuple[int, int],
    key: str, giver: int = 0,
) -> int:  # fmt: skip
    """Pay *lots* of both outcomes what they are worth; *giver* keeps them, 0: their owner does."""
    market, pool = ledger.markets[market_id], -market_id
    position = ledger.position(account, market_id)
    paid = 0
    for outcome, qty in enumerate(lots):
        value = market.payout[outcome] * qty
        asset = token_asset(market_id, outcome)
        post(ledger, effects, giver or account, pool, asset, qty, "redeem", market_id)
        post(ledger, effects, pool, account, COLLATERAL, value, "redeem", market_id)
        position.realised += value - position.cost[outcome]
        position.cost[outcome] = 0
        paid += value
    position.redeemed += paid
    position.redeemed_at_us = ledger.time_us
    effects.positions[balance_key(account, market_id)] = None
    _note(ledger, effects, account, "redeem", market_id, sum(lots), paid, key)
    return paid


def _note(
    ledger: Ledger, effects: Effects, account: int, kind: str, market_id: int, qty: int,
    value: int, key: str,
) -> None:  # fmt: skip
    effects.activity.append(Activity(account, kind, market_id, qty, value, key, ledger.time_us))
