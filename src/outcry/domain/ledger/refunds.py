"""Refunds: a market that is void gives everybody back what they put in, as far as that is possible.

What an account put in is its *net cash*: paid minus received by trades, splits and merges of the
market. Over all accounts it sums to the collateral. Who took out more than they put in keeps it (it
may be spent by now); then the others share the collateral in proportion to their net cash. Fees are
given back by the same rule, out of what is left of them: never more than the market's fees net of
rebates, nor than the fee account has.

To give back the cost basis instead would not be solvent: Ann and Cleo mint at 60/40, Ann sells to
Bob at 80; the bases sum to 120 for 100 of collateral.
"""

from collections.abc import Collection
from typing import Final

from outcry.domain.ids import COLLATERAL, FEES, token_asset
from outcry.domain.ledger.effects import Activity, Effects
from outcry.domain.ledger.postings import post
from outcry.domain.ledger.state import Ledger, Position, balance_key
from outcry.domain.market import SettlementMode


#: A refund is one log entry and takes about a second for so many; larger markets pay a vector.
REFUND_ACCOUNTS_MAX: Final = 50_000


def shares(claims: dict[int, int], pot: int) -> dict[int, int]:
    """Return what of *pot* each account gets, in whole micros; negative claims get nothing.

    A pot that suffices pays every claim. Otherwise each gets the floor of its proportional part,
    and what is left goes, a micro each, to the largest remainders, then to the lowest accounts.
    """
    owed = {account: claim for account, claim in claims.items() if claim > 0}
    total = sum(owed.values())
    if total <= pot:
        return owed
    parts = {account: divmod(claim * pot, total) for account, claim in owed.items()}
    left = pot - sum(whole for whole, _ in parts.values())
    lucky = sorted(parts, key=lambda account: (-parts[account][1], account))[:left]
    return {account: whole + (account in lucky) for account, (whole, _) in parts.items()}


def problem(ledger: Ledger, market_ids: Collection[int]) -> str:
    """Return why these markets cannot be refunded together, "" when they can."""
    accounts = 0
    for market_id in market_ids:
        if ledger.markets[market_id].settlement == SettlementMode.CHAIN:
            return "it settles on a chain, which knows payouts only"
        positions = _positions(ledger, market_id)
        paid_in = sum(position.net_cash for position in positions.values())
        if paid_in != ledger.total(-market_id, COLLATERAL):
            return "tokens of it came from outside, for which nothing was paid in"
        accounts += len(positions)
    if accounts > REFUND_ACCOUNTS_MAX:
        return f"{accounts} accounts, one refund takes {REFUND_ACCOUNTS_MAX}"
    return ""


def carry_out(ledger: Ledger, effects: Effects, market_id: int) -> None:
    """Take back every token and give back collateral and fees."""
    positions = _positions(ledger, market_id)
    back = shares(
        {account: position.net_cash for account, position in positions.items()},
        ledger.total(-market_id, COLLATERAL),
    )
    fees = {account: position.fees for account, position in positions.items()}
    left = max(0, min(sum(fees.values()), ledger.total(FEES, COLLATERAL)))
    fees_back = shares(fees, left)
    for account, position in positions.items():
        lots = _take_tokens(ledger, effects, account, market_id)
        paid, fee = back.get(account, 0), fees_back.get(account, 0)
        post(ledger, effects, -market_id, account, COLLATERAL, paid, "refund", market_id)
        post(ledger, effects, FEES, account, COLLATERAL, fee, "fee_refund", market_id)
        position.realised += paid - sum(position.cost)
        position.cost = [0, 0]
        position.fees -= fee
        position.redeemed += paid
        position.redeemed_at_us = ledger.time_us
        effects.positions[balance_key(account, market_id)] = None
        if lots or paid or fee:
            told = Activity(account, "refund", market_id, lots, paid + fee, "", ledger.time_us)
            effects.activity.append(told)


def _take_tokens(ledger: Ledger, effects: Effects, account: int, market_id: int) -> int:
    """Return all of an account's tokens to the market; returns how many lots they were."""
    lots = 0
    for outcome in (0, 1):
        asset = token_asset(market_id, outcome)
        qty = ledger.total(account, asset)
        post(ledger, effects, account, -market_id, asset, qty, "refund", market_id)
        lots += qty
    return lots


def _positions(ledger: Ledger, market_id: int) -> dict[int, Position]:
    """Return the positions of all accounts in the market, by account in rising order."""
    accounts = sorted(ledger.markets[market_id].accounts)
    return {who: ledger.positions[balance_key(who, market_id)] for who in accounts}
