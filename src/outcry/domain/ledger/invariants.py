"""The laws of the ledger, asserted for all of it on demand; `laws` does it for what changes.

* A customer's balance: ``0 <= held <= total``.
* Until a market pays: collateral = 10,000 x YES lots issued = 10,000 x NO lots issued.
* After it pays: collateral = Σ unredeemed lots x payout.
* What the account of pending value has is what is on its way, asset by asset.
* An account's ``held`` is the sum of the holds of its live orders; of each asset, all totals sum to
  zero (`audit`; too much to ask of each entry).
"""

from collections import Counter, defaultdict
from operator import itemgetter

from outcry.domain.errors import InvariantError
from outcry.domain.ids import FIRST_ACCOUNT, PENDING, asset_market
from outcry.domain.ledger import limits
from outcry.domain.ledger.escrow import ISSUING, brings, takes
from outcry.domain.ledger.exchange import gets
from outcry.domain.ledger.in_transit import InTransit
from outcry.domain.ledger.laws import check_collateral
from outcry.domain.ledger.orders import hold_asset
from outcry.domain.ledger.pending import parties, sets_aside
from outcry.domain.ledger.state import Ledger, balance_key, split_key


def audit(ledger: Ledger) -> None:
    """Check every law over the whole state; raises `InvariantError` with the first that fails."""
    sums: defaultdict[int, int] = defaultdict(int)
    held: defaultdict[int, int] = defaultdict(int)
    for order in ledger.orders.values():
        held[balance_key(order.account, hold_asset(order))] += order.hold
    for key, balance in ledger.balances.items():
        account, asset = split_key(key)
        sums[asset] += balance.total
        if balance.held != held.pop(key, 0):
            raise InvariantError(f"account {account}, asset {asset}: held is not its orders' sum")
        if account >= FIRST_ACCOUNT and not 0 <= balance.held <= balance.total:
            raise InvariantError(f"account {account}, asset {asset}: {balance}")
    if held:
        raise InvariantError(f"orders hold balances that do not exist: {sorted(held)}")
    for asset, total in sums.items():
        if total:
            raise InvariantError(f"asset {asset} of market {asset_market(asset)} sums to {total}")
    for market in ledger.markets.values():
        check_collateral(ledger, market)
    listed = [balance_key(a, m.market_id) for m in ledger.markets.values() for a in m.accounts]
    if sorted(listed) != sorted(ledger.positions):
        raise InvariantError("the accounts of markets are not those that have positions")
    _check_usage(ledger)
    _audit_pending(ledger)


def _check_usage(ledger: Ledger) -> None:
    """What is counted against limits is what the live orders are."""
    if not ledger.limits:
        return
    fresh = Ledger(orders=ledger.orders)
    limits.set_limits(fresh, 0, 0, next(iter(ledger.limits.values())))
    if (fresh.usage, fresh.counted) != (ledger.usage, ledger.counted):
        raise InvariantError("what is counted against limits is not what the orders are")


def _audit_pending(ledger: Ledger) -> None:
    """Count everything that waits for the chain anew, from the fills that do."""
    transit: defaultdict[int, InTransit] = defaultdict(InTransit)
    legs: Counter[int] = Counter()
    counts: Counter[int] = Counter()
    for leg in ledger.chain.pending.values():
        counts[leg.market_id] += 1
        for party, order_id, fee in parties(leg):
            legs[order_id] += 1
            asset, amount = sets_aside(party, leg, fee)
            transit[balance_key(party.account, asset)].outgoing += amount
            asset, amount = gets(party, leg.market_id, leg)
            transit[balance_key(party.account, asset)].incoming += amount
    for one in ledger.chain.operations.values():
        if one.kind in ISSUING:
            counts[one.market_id] += 1
        for asset, amount in filter(itemgetter(1), takes(one)):
            transit[balance_key(one.account, asset)].outgoing += amount
        for asset, amount in filter(itemgetter(1), brings(ledger, one)):
            transit[balance_key(one.account, asset)].incoming += amount
    for order_id in ledger.chain.signed:
        if order_id not in ledger.orders and order_id not in legs:
            raise InvariantError(f"order {order_id} is over, and its signature is still kept")
    waiting: Counter[int] = Counter()
    for key, moving in transit.items():
        waiting[split_key(key)[1]] += moving.outgoing
    keys = {key: split_key(key) for key in ledger.balances}
    kept = {a: ledger.balances[k].total for k, (account, a) in keys.items() if account == PENDING}
    for name, found, known in (
        ("fills of orders", legs, {o: s.legs for o, s in ledger.chain.settling.items()}),
        ("fills of markets", counts, {m: o.pending_count for m, o in ledger.markets.items()}),
        ("what is on its way", dict(transit), ledger.chain.transit),
        ("what waits", waiting, ledger.chain.waiting),
        ("what is kept", waiting, kept),
    ):
        if {k: v for k, v in found.items() if v} != {k: v for k, v in known.items() if v}:
            raise InvariantError(f"pending: {name} is {dict(found)}, not {dict(known)}")
