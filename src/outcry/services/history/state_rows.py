"""Rows that say how balances, positions and limits stand in the ledger. Pure."""

from outcry.domain.ledger.limits import NO_LIMITS
from outcry.domain.ledger.state import Ledger, split_key
from outcry.ports.projection import BalanceRow, PositionRow
from outcry.ports.rows import LimitRow


def limit_row(ledger: Ledger, key: int) -> LimitRow:
    """Return the row of limits."""
    return LimitRow(*split_key(key), *ledger.limits.get(key, NO_LIMITS))


def balance_row(ledger: Ledger, key: int) -> BalanceRow:
    """Return the row of a balance."""
    balance, transit = ledger.balances[key], ledger.chain.transit.get(key)
    row = BalanceRow(*split_key(key), balance.total, balance.held)
    if transit is None:
        return row
    return row._replace(incoming=transit.incoming, outgoing=transit.outgoing)


def position_row(ledger: Ledger, key: int) -> PositionRow:
    """Return the row of a position."""
    account, market_id = split_key(key)
    position = ledger.positions[key]
    return PositionRow(
        account=account,
        market_id=market_id,
        cost_0=position.cost[0],
        cost_1=position.cost[1],
        realised=position.realised,
        fees=position.fees,
        net_cash=position.net_cash,
        redeemed=position.redeemed,
        redeemed_at_us=position.redeemed_at_us,
        bought_0=position.bought[0],
        bought_1=position.bought[1],
        paid_0=position.paid[0],
        paid_1=position.paid[1],
    )
