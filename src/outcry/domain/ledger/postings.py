"""Postings: the only way a total changes, and the only way a hold does.

A posting moves an amount from one account to another, so it sums to zero by construction. Only the
outside world (any asset) and a market's own account (the tokens it issued) may go below zero.
"""

from outcry.domain.errors import InvariantError
from outcry.domain.ids import COLLATERAL, EXTERNAL
from outcry.domain.ledger.effects import Effects, Posting, PostingKind
from outcry.domain.ledger.state import Ledger, balance_key
from outcry.domain.units import BALANCE_LIMIT


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
    giver = ledger.balance(source, asset)
    taker = ledger.balance(target, asset)
    giver.total -= amount
    taker.total += amount
    issuer = source == EXTERNAL or (source < 0 and asset != COLLATERAL)
    if amount < 0 or source == target or (not issuer and giver.total < giver.held):
        raise InvariantError(f"posting of {amount} of asset {asset} from {source} to {target}")
    if abs(taker.total) >= BALANCE_LIMIT or abs(giver.total) >= BALANCE_LIMIT:
        raise InvariantError(f"balance of asset {asset} beyond {BALANCE_LIMIT}")
    effects.balances[balance_key(source, asset)] = None
    effects.balances[balance_key(target, asset)] = None
    effects.postings.append(
        Posting(source, target, asset, amount, kind, ref, giver.total, taker.total, ledger.time_us),
    )


def hold(ledger: Ledger, effects: Effects, account: int, asset: int, change: int) -> None:
    """Change what *account* has set aside of *asset* by *change*, which may be negative."""
    if change == 0:
        return
    balance = ledger.balance(account, asset)
    balance.held += change
    if not 0 <= balance.held <= balance.total:
        raise InvariantError(
            f"account {account} would hold {balance.held} of {balance.total} of asset {asset}",
        )
    effects.balances[balance_key(account, asset)] = None
