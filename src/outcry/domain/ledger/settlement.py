"""Settlement: what one fill moves, from holds to totals, in one step.

* transfer: the buyer pays the seller, the tokens go the other way;
* mint: both buyers pay the market (together 10,000 ticks a lot), which issues them a token each;
* merge: both sellers return a token to the market, which pays them (together 10,000 a lot).

The maker's price rules; a taker who would have paid more keeps the difference, because the hold
for the lots that were filled is released as a whole and only the real cost is paid.
"""

from msgspec import Struct

from outcry.domain import fees
from outcry.domain.errors import InvariantError
from outcry.domain.ids import COLLATERAL, FEES, token_asset
from outcry.domain.ledger.effects import Effects, Fill
from outcry.domain.ledger.orders import end, expect_remaining, live, set_hold, touch
from outcry.domain.ledger.postings import post
from outcry.domain.ledger.state import Ledger, balance_key
from outcry.domain.market import own_price
from outcry.domain.order import Order, OrderStatus, hold_of
from outcry.domain.units import TICKS_PER_UNIT
from outcry_wire.records import MatchKind, OrderKind, Side


class Match(Struct, frozen=True, gc=False):
    """One fill as the kernel reports it; ``price`` in outcome-0 ticks, ``qty`` in lots."""

    seq: int
    trade_id: int
    fill: int
    match: int
    price: int
    qty: int
    taker_order: int
    taker_remaining: int
    maker_order: int
    maker_remaining: int
    at_us: int


def settle(ledger: Ledger, effects: Effects, match: Match) -> None:
    """Settle one fill between two live orders."""
    taker, maker = live(ledger, match.taker_order), live(ledger, match.maker_order)
    market = ledger.markets[taker.market_id]
    if maker.market_id != taker.market_id or taker.user_id == maker.user_id:
        raise InvariantError(f"trade {match.trade_id} joins orders that must not meet")
    taker_exact, taker_fee = _charge(ledger, taker, match, taking=True)
    _, maker_fee = _charge(ledger, maker, match, taking=False)
    share = ledger.fees[taker.fee_version].rebate_bps
    rebate, maker.rebate_remainder = fees.rebate(share, taker_exact, maker.rebate_remainder)
    maker.fee -= rebate
    for order, fee, remaining in (
        (taker, taker_fee, match.taker_remaining),
        (maker, maker_fee, match.maker_remaining),
    ):
        _take_from_hold(ledger, effects, order, match, fee, remaining)
    _exchange(ledger, effects, taker, maker, match)
    for order, fee in ((taker, taker_fee), (maker, maker_fee)):
        if fee:
            post(ledger, effects, order.account, FEES, COLLATERAL, fee, "fee", order.order_id)
            ledger.position(order.account, order.market_id).fees += fee
    if rebate:
        post(ledger, effects, FEES, maker.account, COLLATERAL, rebate, "rebate", maker.order_id)
        ledger.position(maker.account, maker.market_id).fees -= rebate
    market.volume += TICKS_PER_UNIT * match.qty
    market.last_price = match.price
    effects.markets[market.market_id] = None
    effects.fills.append(_fill(taker, maker, match, taker_fee, maker_fee - rebate))
    for order in (taker, maker):
        touch(ledger, effects, order, match.seq)
        if order.kind != OrderKind.MARKET_MONEY and order.remaining == 0:
            end(ledger, effects, order, OrderStatus.FILLED)


def _charge(ledger: Ledger, order: Order, match: Match, *, taking: bool) -> tuple[int, int]:
    """Return the exact fee of the fill and the micros charged for it now."""
    schedule = ledger.fees[order.fee_version]
    rate = schedule.taker_bps if taking else schedule.maker_bps
    if not rate:
        return 0, 0
    exact = fees.exact(schedule, rate, own_price(order.outcome, match.price), match.qty)
    charged, order.fee_slack = fees.charge(exact, order.fee_slack)
    order.fee += charged
    return exact, charged


def _take_from_hold(
    ledger: Ledger, effects: Effects, order: Order, match: Match, fee: int, remaining: int
) -> None:
    """Count the fill on *order* and set its hold to what the rest needs."""
    value = own_price(order.outcome, match.price) * match.qty
    order.filled += match.qty
    order.volume += value
    if order.kind == OrderKind.MARKET_MONEY:
        set_hold(ledger, effects, order, order.hold - value - fee)
        return
    order.remaining -= match.qty
    expect_remaining(order, remaining)
    set_hold(ledger, effects, order, hold_of(order, ledger.fees[order.fee_version]))


def _exchange(ledger: Ledger, effects: Effects, taker: Order, maker: Order, match: Match) -> None:
    """Move money and tokens for one fill, and the cost of the positions with them."""
    if match.match == MatchKind.TRANSFER:
        buyer, seller = (taker, maker) if taker.side == Side.BUY else (maker, taker)
        value = own_price(buyer.outcome, match.price) * match.qty
        asset = token_asset(buyer.market_id, buyer.outcome)
        sold(ledger, effects, seller.account, seller.market_id, seller.outcome, match.qty, value)
        post(
            ledger, effects, buyer.account, seller.account, COLLATERAL, value, "trade",
            match.trade_id,
        )  # fmt: skip
        post(
            ledger, effects, seller.account, buyer.account, asset, match.qty, "trade",
            match.trade_id,
        )  # fmt: skip
        bought(ledger, effects, buyer.account, buyer.market_id, buyer.outcome, match.qty, value)
        return
    for order in (taker, maker):
        value = own_price(order.outcome, match.price) * match.qty
        asset = token_asset(order.market_id, order.outcome)
        own, pool = order.account, -order.market_id
        if match.match == MatchKind.MINT:
            post(ledger, effects, own, pool, COLLATERAL, value, "mint", match.trade_id)
            post(ledger, effects, pool, own, asset, match.qty, "mint", match.trade_id)
            bought(ledger, effects, own, order.market_id, order.outcome, match.qty, value)
        else:
            sold(ledger, effects, own, order.market_id, order.outcome, match.qty, value)
            post(ledger, effects, own, pool, asset, match.qty, "merge", match.trade_id)
            post(ledger, effects, pool, own, COLLATERAL, value, "merge", match.trade_id)


def bought(
    ledger: Ledger, effects: Effects, account: int, market_id: int, outcome: int, qty: int,
    cost: int,
) -> None:  # fmt: skip
    """Add *qty* lots that cost *cost* micros to a position."""
    position = ledger.position(account, market_id)
    position.cost[outcome] += cost
    position.bought[outcome] += qty
    position.paid[outcome] += cost
    position.net_cash += cost
    effects.positions[balance_key(account, market_id)] = None


def sold(
    ledger: Ledger, effects: Effects, account: int, market_id: int, outcome: int, qty: int,
    proceeds: int,
) -> None:  # fmt: skip
    """Take *qty* lots that brought *proceeds* micros off a position; call before the tokens go.

    The cost that leaves is the floor of the proportional part, all of it with the last lot.
    """
    position = ledger.position(account, market_id)
    owned = ledger.total(account, token_asset(market_id, outcome))
    cost = position.cost[outcome] * qty // owned
    position.cost[outcome] -= cost
    position.realised += proceeds - cost
    position.net_cash -= proceeds
    effects.positions[balance_key(account, market_id)] = None


def _fill(taker: Order, maker: Order, match: Match, taker_fee: int, maker_fee: int) -> Fill:
    return Fill(
        match.trade_id,
        match.fill,
        taker.market_id,
        match.match,
        match.price,
        match.qty,
        taker.order_id,
        taker.account,
        taker.outcome,
        taker.side,
        taker_fee,
        maker.order_id,
        maker.account,
        maker.outcome,
        maker.side,
        maker_fee,
        match.at_us,
    )
