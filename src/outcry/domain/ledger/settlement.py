"""Settlement: what one fill moves, from holds to totals, in one step.

`exchange` says what goes where. In a market that settles on a chain the step has two halves: here
the value leaves the holds, and `pending` keeps it until the chain has spoken.

The maker's price rules; a taker who would have paid more keeps the difference, because the hold
for the lots that were filled is released as a whole and only the real cost is paid.
"""

from outcry.domain import fees
from outcry.domain.errors import InvariantError
from outcry.domain.fees import FeeSchedule
from outcry.domain.ids import FEES
from outcry.domain.ledger import pending
from outcry.domain.ledger.effects import Effects, Fill
from outcry.domain.ledger.exchange import exchange
from outcry.domain.ledger.holds import hold_of
from outcry.domain.ledger.in_transit import Leg
from outcry.domain.ledger.matches import Match
from outcry.domain.ledger.numbers import BY_MONEY, FILLED, MONEY, ON_CHAIN
from outcry.domain.ledger.orders import end, expect_remaining, live, set_hold, touch
from outcry.domain.ledger.positions import position_of
from outcry.domain.ledger.postings import post
from outcry.domain.ledger.state import Ledger
from outcry.domain.order import Order
from outcry.domain.outcomes import own_price


def settle(ledger: Ledger, effects: Effects, match: Match) -> None:
    """Settle one fill between two live orders, or begin to: then its value is pending."""
    taker, maker = live(ledger, match.taker_order), live(ledger, match.maker_order)
    market = ledger.markets[taker.market_id]
    if maker.market_id != taker.market_id or taker.user_id == maker.user_id:
        raise InvariantError(f"trade {match.trade_id} joins orders that must not meet")
    on_chain = market.settlement == ON_CHAIN
    schedule = ledger.fees[taker.fee_version]
    taker_exact, taker_fee = _charge(schedule, schedule.taker_bps, taker, match)
    rebate = _rebate(schedule, maker, taker_exact)
    schedule = ledger.fees[maker.fee_version]
    _, maker_fee = _charge(schedule, schedule.maker_bps, maker, match)
    _take_from_hold(ledger, effects, taker, match, taker_fee, match.taker_remaining)
    _take_from_hold(ledger, effects, maker, match, maker_fee, match.maker_remaining)
    if on_chain:
        # A transaction pays a rebate out of what the same fill is charged, and nothing else.
        rebate = min(rebate, taker_fee + maker_fee)
        pending.enter(ledger, effects, _leg(match, (taker, taker_fee), (maker, maker_fee - rebate)))
    else:
        exchange(ledger, effects, taker, maker, market.market_id, match)
        if taker_fee or maker_fee or rebate:
            _pay_fees(ledger, effects, (taker, taker_fee), (maker, maker_fee), rebate)
        market.traded(match.price, match.qty)
    maker.fee -= rebate
    effects.markets[market.market_id] = None
    effects.fills.append(_fill(taker, maker, match, taker_fee, maker_fee - rebate, on_chain))
    _finish(ledger, effects, taker, match)
    _finish(ledger, effects, maker, match)


def _finish(ledger: Ledger, effects: Effects, order: Order, match: Match) -> None:
    """Note the fill on *order*, which ends if nothing of it is left."""
    touch(ledger, effects, order, match.seq)
    if order.kind != BY_MONEY and order.remaining == 0:
        end(ledger, effects, order, FILLED)


def _charge(schedule: FeeSchedule, rate: int, order: Order, match: Match) -> tuple[int, int]:
    """Return the exact fee of the fill at *rate* and the micros charged for it now."""
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
    qty = match.qty
    value = own_price(order.outcome, match.price) * qty
    order.filled += qty
    order.volume += value
    if order.kind == BY_MONEY:
        set_hold(ledger, effects, order, order.hold - value - fee)
        return
    order.remaining -= qty
    expect_remaining(order, remaining)
    set_hold(ledger, effects, order, hold_of(order, ledger.fees[order.fee_version]))


def _rebate(schedule: FeeSchedule, maker: Order, taker_exact: int) -> int:
    """Return the micros of the taker's fee that the maker of the fill gets back."""
    if not taker_exact:
        return 0
    rebate, maker.rebate_remainder = fees.rebate(
        schedule.rebate_bps, taker_exact, maker.rebate_remainder
    )
    return rebate


def _pay_fees(
    ledger: Ledger, effects: Effects, taker: tuple[Order, int], maker: tuple[Order, int],
    rebate: int,
) -> None:  # fmt: skip
    """Pay what both were charged and, from the taker's, the maker's rebate."""
    for order, fee in (taker, maker):
        if fee:
            post(ledger, effects, order.account, FEES, MONEY, fee, "fee", order.order_id)
            position = position_of(ledger, effects, order.account, order.market_id)
            position.fees += fee
    if rebate:
        made = maker[0]
        post(ledger, effects, FEES, made.account, MONEY, rebate, "rebate", made.order_id)
        position = position_of(ledger, effects, made.account, made.market_id)
        position.fees -= rebate


def _leg(match: Match, taking: tuple[Order, int], making: tuple[Order, int]) -> Leg:
    """Return the fill as it waits for the chain; with each order comes what it costs it."""
    (taker, taker_fee), (maker, maker_fee) = taking, making
    return Leg(
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


def _fill(
    taker: Order, maker: Order, match: Match, taker_fee: int, maker_fee: int, pending: bool
) -> Fill:
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
        pending,
    )
