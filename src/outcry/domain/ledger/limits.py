"""Conditional limits: how much an account may have, in a market or over all of them.

Limits are set for an account or (0) for each one, in a market or (0) in all; every one that fits an
order must hold:

* **orders**: orders that rest, or may come to rest;
* **position**: lots of one outcome that the account owns, or would if all its buys filled. In each
  market on its own, wherever the limit is set;
* **notional**: micros set aside for its buys.

They are checked when something is asked for and bind nothing that is there already. What takes
risk away is never refused: cancels, reductions, sells (but for their number), merges.

Counting begins with the first limit and ends with the last: without any, orders cost nothing more.
"""

from collections.abc import Iterator

from outcry.domain.ids import token_asset
from outcry.domain.ledger.state import Ledger, Limits, Usage, balance_key
from outcry.domain.order import Order, OrderTerms
from outcry.domain.rejects import Reject, Rejected
from outcry.domain.units import format_money, format_quantity
from outcry_wire.records import OrderKind, Side, TimeInForce


NO_LIMITS = Limits()
_NOTHING = (0, 0, 0)
_UNUSED = Usage()


def set_limits(ledger: Ledger, account: int, market_id: int, limits: Limits) -> None:
    """Give an account (0: each) in a market (0: all) these limits, or none."""
    counting = bool(ledger.limits)
    key = balance_key(account, market_id)
    if limits == NO_LIMITS:
        ledger.limits.pop(key, None)
    else:
        ledger.limits[key] = limits
    if not ledger.limits:
        ledger.usage, ledger.counted = {}, {}
    elif not counting:
        for order in ledger.orders.values():
            note(ledger, order)


def note(ledger: Ledger, order: Order) -> None:
    """Count *order* for what it is now; one that holds nothing any more counts for nothing."""
    before = ledger.counted.pop(order.order_id, _NOTHING)
    now = _weight(order) if order.hold else _NOTHING
    if order.hold:
        ledger.counted[order.order_id] = now
    if now == before:
        return
    orders, lots, notional = (new - old for new, old in zip(now, before, strict=True))
    for market_id in (order.market_id, 0):
        key = balance_key(order.account, market_id)
        usage = ledger.usage.get(key)
        if usage is None:
            usage = ledger.usage[key] = Usage()
        usage.orders += orders
        usage.notional += notional
        if market_id and order.outcome:
            usage.buying_1 += lots
        elif market_id:
            usage.buying_0 += lots
        if usage == _UNUSED:
            del ledger.usage[key]


def check_order(ledger: Ledger, terms: OrderTerms, hold: int) -> Rejected | None:
    """Return which limit a new order would exceed that holds *hold*."""
    buys = terms.side == Side.BUY
    rests = terms.kind == OrderKind.LIMIT and terms.tif in (TimeInForce.GTC, TimeInForce.GTD)
    if buys and terms.kind == OrderKind.MARKET_MONEY:
        for limits, _ in _applying(ledger, terms.account, terms.market_id):
            if limits.position_max:
                most = "a quantity: the account has a position limit"
                return Rejected(Reject.POSITION_LIMIT, "an order by money", most)
    return _check(
        ledger, terms.account, terms.market_id, terms.outcome, orders=int(rests),
        lots=terms.qty if buys else 0, notional=hold if buys else 0,
    )  # fmt: skip


def check_replace(ledger: Ledger, order: Order, total_qty: int, more_held: int) -> Rejected | None:
    """Return which limit an order would exceed with *total_qty* lots that hold *more_held* more."""
    if order.side == Side.SELL:
        return None
    lots = total_qty - order.filled - order.remaining
    return _check(
        ledger, order.account, order.market_id, order.outcome, orders=0, lots=max(lots, 0),
        notional=max(more_held, 0),
    )  # fmt: skip


def check_tokens(
    ledger: Ledger, account: int, market_id: int, outcome: int, lots: int
) -> Rejected | None:
    """Return which limit an account would exceed that gets *lots* without an order."""
    return _check(ledger, account, market_id, outcome, orders=0, lots=lots, notional=0)


def _check(
    ledger: Ledger, account: int, market_id: int, outcome: int, *, orders: int, lots: int,
    notional: int,
) -> Rejected | None:  # fmt: skip
    for limits, scope in _applying(ledger, account, market_id):
        usage = ledger.usage.get(balance_key(account, scope), _UNUSED)
        if orders and 0 < limits.orders_max < usage.orders + orders:
            most = f"at most {limits.orders_max} open orders"
            return Rejected(Reject.ACCOUNT_ORDERS_LIMIT, str(usage.orders + orders), most)
        if lots and limits.position_max:
            would_own = _would_own(ledger, account, market_id, outcome) + lots
            if would_own > limits.position_max:
                most = f"at most {format_quantity(limits.position_max)}"
                return Rejected(Reject.POSITION_LIMIT, format_quantity(would_own), most)
        if notional and 0 < limits.notional_max < usage.notional + notional:
            most = f"at most {format_money(limits.notional_max)}"
            return Rejected(Reject.NOTIONAL_LIMIT, format_money(usage.notional + notional), most)
    return None


def _would_own(ledger: Ledger, account: int, market_id: int, outcome: int) -> int:
    """Return the lots that the account owns, and would if all its buys filled.

    What waits for the chain counts whichever way it goes: it may come, or come back.
    """
    usage = ledger.usage.get(balance_key(account, market_id), _UNUSED)
    buying = usage.buying_1 if outcome else usage.buying_0
    asset = token_asset(market_id, outcome)
    transit = ledger.chain.transit.get(balance_key(account, asset))
    waiting = transit.incoming + transit.outgoing if transit else 0
    return ledger.total(account, asset) + waiting + buying


def _applying(ledger: Ledger, account: int, market_id: int) -> Iterator[tuple[Limits, int]]:
    """Yield each limit that fits, with the market (0: all) whose usage it bounds."""
    for who in (account, 0):
        for where in (market_id, 0):
            limits = ledger.limits.get(balance_key(who, where))
            if limits is not None:
                yield limits, where


def _weight(order: Order) -> tuple[int, int, int]:
    """Return what a live order counts for: orders, lots that may be bought, micros set aside."""
    rests = order.kind == OrderKind.LIMIT and order.tif in (TimeInForce.GTC, TimeInForce.GTD)
    if order.side == Side.SELL:
        return int(rests), 0, 0
    lots = max(order.remaining, order.replace_qty - order.filled)
    return int(rests), lots, order.hold
