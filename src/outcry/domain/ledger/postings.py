"""Postings: the only way a total changes, and the only way a hold does.

A posting moves an amount from one account to another, so it sums to zero by construction. Only the
outside world (any asset) and a market's own account (the tokens it issued) may go below zero.
"""

from outcry.domain.errors import InvariantError
from outcry.domain.ledger.effects import Effects, Posting, PostingKind
from outcry.domain.ledger.numbers import KEY_BITS, MONEY, MOST, WORLD
from outcry.domain.ledger.state import Ledger


def post(
    ledger: Ledger,
    effects: Effects,
    source: int,
    target: int,
    asset: int,
    amount: int,
    kind: PostingKind,
    ref: int,
) -> None:
    """Move *amount* of *asset* from *source* to *target*; raises `InvariantError` if it may not.

    Callers have checked that the value is there; what is refused here is a bug of ours.
    """
    if amount == 0:
        return
    # The hottest lines of the ledger: a fill posts four times. Keys are made once, look-ups inline.
    given, taken = source << KEY_BITS | asset, target << KEY_BITS | asset
    giver = ledger.balances.get(given)
    if giver is None:
        giver = ledger.balance(source, asset)
    taker = ledger.balances.get(taken)
    if taker is None:
        taker = ledger.balance(target, asset)
    giver_total, taker_total, held = giver.total, taker.total, giver.held
    giver_total -= amount
    taker_total += amount
    issuer = source == WORLD or (source < 0 and asset != MONEY)
    if amount < 0 or source == target or (not issuer and giver_total < held):
        raise InvariantError(f"posting of {amount} of asset {asset} from {source} to {target}")
    if taker_total >= MOST or giver_total <= -MOST:
        raise InvariantError(f"balance of asset {asset} beyond {MOST}")
    giver.total, taker.total = giver_total, taker_total
    effects.balances[given] = effects.balances[taken] = None
    if effects.postings is None:
        return
    now_us = ledger.time_us
    effects.postings.append(
        Posting(source, target, asset, amount, kind, ref, giver.total, taker.total, now_us)
    )


def hold(ledger: Ledger, effects: Effects, account: int, asset: int, change: int) -> None:
    """Change what *account* has set aside of *asset* by *change*, which may be negative."""
    if change == 0:
        return
    key = account << KEY_BITS | asset
    balance = ledger.balances.get(key)
    if balance is None:
        balance = ledger.balance(account, asset)
    held, total = balance.held, balance.total
    held += change
    if not 0 <= held <= total:
        raise InvariantError(
            f"account {account} would hold {held} of {total} of asset {asset}",
        )
    balance.held = held
    effects.balances[key] = None


def total_of(ledger: Ledger, account: int, asset: int) -> int:
    """Return all that *account* has of *asset*."""
    key = account << KEY_BITS | asset
    balance = ledger.balances.get(key)
    return 0 if balance is None else balance.total


def owned(ledger: Ledger, account: int, asset: int) -> int:
    """Return all that *account* has of *asset*, with what waits for the chain and may come back."""
    total = total_of(ledger, account, asset)
    if ledger.chain.transit:
        return total + ledger.outgoing(account, asset)
    return total


def available(ledger: Ledger, account: int, asset: int) -> int:
    """Return what of *asset* the account may use."""
    key = account << KEY_BITS | asset
    balance = ledger.balances.get(key)
    if balance is None:
        return 0
    free, held = balance.total, balance.held
    free -= held
    if ledger.chain.exits and free > 0:
        announced = ledger.chain.exits.get(key, 0)
        free = max(0, free - announced)
    return free
