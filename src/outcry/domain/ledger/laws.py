"""The laws of the ledger, asserted for everything that an entry touched: see `invariants`."""

from outcry.domain.errors import InvariantError
from outcry.domain.ledger.effects import Effects
from outcry.domain.ledger.numbers import CUSTOMERS, KEY_BITS, KEY_MASK, MONEY, WAITING
from outcry.domain.ledger.postings import total_of
from outcry.domain.ledger.state import Ledger, Market
from outcry.domain.market import PAID_STATES
from outcry.domain.outcomes import TICKS_PER_UNIT, token_asset


def check_entry(ledger: Ledger, effects: Effects) -> None:
    """Raise `InvariantError` when something that *effects* touched breaks a law."""
    markets: set[int] = set()
    for key in effects.balances:
        balance = ledger.balances[key]
        packed, held, total = key, balance.held, balance.total
        account, asset = packed >> KEY_BITS, packed & KEY_MASK
        if account >= CUSTOMERS and not 0 <= held <= total:
            raise InvariantError(f"account {account}, asset {asset}: {balance}")
        if account < 0:
            markets.add(-account)
        elif account == WAITING and total != ledger.chain.waiting.get(asset, 0):
            waiting = ledger.chain.waiting.get(asset, 0)
            raise InvariantError(f"asset {asset}: {total} kept, {waiting} pending")
    for market_id in markets:
        check_collateral(ledger, ledger.markets[market_id])


def check_collateral(ledger: Ledger, market: Market) -> None:
    """Raise `InvariantError` unless the market's collateral backs exactly what it issued."""
    pool = -market.market_id
    yes = -total_of(ledger, pool, token_asset(market.market_id, 0))
    no = -total_of(ledger, pool, token_asset(market.market_id, 1))
    collateral = total_of(ledger, pool, MONEY)
    if market.state in PAID_STATES:
        backed = market.payout[0] * yes + market.payout[1] * no == collateral
    else:
        backed = TICKS_PER_UNIT * yes == collateral == TICKS_PER_UNIT * no
    if not backed:
        raise InvariantError(
            f"market {market.market_id} has {collateral} micros for {[yes, no]} lots issued",
        )
