"""Postings: the only way a total changes, and the only way a hold does.

A posting moves an amount from one account to another, so it sums to zero by construction. Only the
outside world (any asset) and a market's own account (the tokens it issued) may go below zero.
"""

from outcry.domain.errors import InvariantError
from outcry.domain.ids import COLLATERAL, EXTERNAL
from outcry.domain.ledger.effects import Effects, Posting, PostingKind
from outcry.domain.ledger.state import ASSET_BITS, Ledger
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
    # The hottest lines of the ledger: a fill posts four times. Keys are made once, look-ups inline.
    given, taken = source << ASSET_BITS | asset, target << ASSET_BITS | asset
    balances = ledger.balances
    giver = balances.get(given) or ledger.balance(source, asset)
    taker = balances.get(taken) or ledger.balance(target, asset)
    giver_total = giver.total = giver.total - amount
    taker_total = taker.total = taker.total + amount
    issuer = source == EXTERNAL or (source < 0 and asset != COLLATERAL)
    if amount < 0 or source == target or (not issuer and giver_total < giver.held):
        raise InvariantError(f"posting of {amount} of asset {asset} from {source} to {target}")
    if taker_total >= BALANCE_LIMIT or giver_total <= -BALANCE_LIMIT:
        raise InvariantError(f"balance of asset {asset} beyond {BALANCE_LIMIT}")
    effects.balances[given] = effects.balances[taken] = None
    effects.postings.append(
        Posting(source, target, asset, amount, kind, ref, giver_total, taker_total, ledger.time_us),
    )


def hold(ledger: Ledger, effects: Effects, account: int, asset: int, change: int) -> None:
    """Change what *account* has set aside of *asset* by *change*, which may be negative."""
    if change == 0:
        return
    key = account << ASSET_BITS | asset
    balance = ledger.balances.get(key) or ledger.balance(account, asset)
    held = balance.held = balance.held + change
    if not 0 <= held <= balance.total:
        raise InvariantError(
            f"account {account} would hold {held} of {balance.total} of asset {asset}",
        )
    effects.balances[key] = None
