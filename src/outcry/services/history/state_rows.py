"""Rows that say how limits stand in the ledger. Pure."""

from outcry.domain.ledger.limits import NO_LIMITS
from outcry.domain.ledger.state import Ledger, split_key
from outcry.ports.rows import LimitRow


def limit_row(ledger: Ledger, key: int) -> LimitRow:
    """Return the row of limits."""
    return LimitRow(*split_key(key), *ledger.limits.get(key, NO_LIMITS))
