"""Retention: what a repeat is recognised by is remembered for a time that the log itself states.

Forgetting is part of the fold, at the end of each entry and by that entry's time: the writer, a
standby and a replay years later know the same ids and keys at the same entry.
"""

from outcry.domain.ledger.state import Ledger


def forget(ledger: Ledger) -> None:
    """Forget what is older than the retention at the ledger's time."""
    _forget_client_orders(ledger, ledger.time_us - ledger.retention.client_orders_us)
    _forget_own_keys(ledger, ledger.time_us - ledger.retention.own_keys_us)


def _forget_client_orders(ledger: Ledger, before_us: int) -> None:
    """Forget client ids of orders that ended before *before_us*, unless a newer order has them."""
    ended = ledger.client_orders_ended
    while ended and ended[0][0] < before_us:
        _, order_id, key = ended.popleft()
        known = ledger.client_orders.get(key)
        if known and known.order_id == order_id:
            del ledger.client_orders[key]


def _forget_own_keys(ledger: Ledger, before_us: int) -> None:
    used = ledger.own_keys_used
    while used and used[0][0] < before_us:
        del ledger.keyed_ops[used.popleft()[1]]
