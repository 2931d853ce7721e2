"""Whether a request may be granted, and on which terms. Asks the state, changes nothing.

Checks run in a fixed order, so the same request in the same state is always declined with the same
number: who, which market and its state, the terms, and money last.
"""

from typing import Final

from msgspec import Struct

from outcry.domain import fees, signed_order
from outcry.domain.ids import is_client_order_id
from outcry.domain.ledger import limits
from outcry.domain.ledger.holds import hold_for
from outcry.domain.ledger.mirrors import address_of
from outcry.domain.ledger.numbers import BY_MONEY, LIMITED, MONEY, NO_FEE, ON_CHAIN, SELL
from outcry.domain.ledger.postings import available
from outcry.domain.ledger.state import Ledger, Market
from outcry.domain.market import MarketState, is_bid
from outcry.domain.mode import Mode
from outcry.domain.order import OrderTerms
from outcry.domain.outcomes import token_asset
from outcry.domain.rejects import Reject, Rejected
from outcry.domain.signed_order import SignedOrder
from outcry.domain.units import (
    BALANCE_LIMIT,
    TICKS_PER_UNIT,
    TIME_US_MAX,
    format_money,
    format_price,
    format_quantity,
    format_time,
)
from outcry_wire.records import OrderKind, SelfTrade, Side, TimeInForce


IMMEDIATE: Final = (int(TimeInForce.IOC), int(TimeInForce.FOK))
#: Enumerations count from 0; going through one for every order costs more than all other checks.
_SIDE_LAST: Final = int(max(Side))
_KIND_LAST: Final = int(max(OrderKind))
_TIF_LAST: Final = int(max(TimeInForce))
_SELF_TRADE_LAST: Final = int(max(SelfTrade))
_DECREMENT: Final = int(SelfTrade.DECREMENT)
_GTD: Final = int(TimeInForce.GTD)
_POST_ONLY: Final = int(Mode.POST_ONLY)
_CANCEL_ONLY: Final = int(Mode.CANCEL_ONLY)
_OPEN: Final = int(MarketState.OPEN)


class Granted(Struct, frozen=True, gc=False):
    """What the sequencer writes into the command and the decision beside it."""

    user_id: int
    shard: int
    #: Limit or bound in outcome-0 ticks; a missing bound is the widest the market allows.
    price: int
    #: What the kernel may spend, net of the largest fee; 0 unless by money.
    budget: int
    hold: int
    fee_version: int
    #: Kept beside the order if its market settles by it.
    signed: SignedOrder | None


def check_place(ledger: Ledger, terms: OrderTerms, time_us: int) -> Granted | Rejected:
    """Return on which terms the order is granted at *time_us*, or why it is not."""
    user_id = ledger.owners.get(terms.account)
    if user_id is None:
        return Rejected(Reject.ACCOUNT_UNKNOWN, str(terms.account))
    if terms.account in ledger.frozen:
        return Rejected(Reject.ACCOUNT_FROZEN, ledger.frozen[terms.account])
    market = ledger.markets.get(terms.market_id)
    if market is None:
        return Rejected(Reject.MARKET_UNKNOWN, str(terms.market_id))
    rejected = (
        check_open(ledger, market, time_us, post_only=terms.post_only)
        or _check_form(terms, time_us)
        or _check_amounts(terms, market)
        or _check_signature(ledger, terms, market)
    )
    if rejected:
        return rejected
    price = terms.price
    if price == 0 and terms.kind != LIMITED:
        price = market.price_max if is_bid(terms.outcome, terms.side) else market.price_min
    rejected = check_price(market, terms.outcome, price, limit=terms.kind == LIMITED)
    if rejected:
        return rejected
    schedule = ledger.fees[market.fee_version]
    hold = hold_for(terms, price, schedule)
    rejected = _check_hold(ledger, terms, hold)
    if rejected:
        return rejected
    budget = terms.budget
    if budget and schedule.kind != NO_FEE:
        budget = fees.budget_net_of_fee(schedule, budget)
    signed = terms.signed if market.settlement == ON_CHAIN else None
    return Granted(user_id, market.shard, price, budget, hold, market.fee_version, signed)


def _check_hold(ledger: Ledger, terms: OrderTerms, hold: int) -> Rejected | None:
    """What has to be set aside is within the account's limits, and there."""
    if ledger.limits:
        rejected = limits.check_order(ledger, terms, hold)
        if rejected:
            return rejected
    asset = MONEY
    if terms.side == SELL:
        asset = token_asset(terms.market_id, terms.outcome)
    return check_funds(ledger, terms.account, asset, hold)


def check_open(ledger: Ledger, market: Market, time_us: int, *, post_only: bool) -> Rejected | None:
    """Return why the venue or the market accepts no such order at *time_us*."""
    if ledger.mode >= _CANCEL_ONLY or (ledger.mode == _POST_ONLY and not post_only):
        wanted = "a post-only order" if ledger.mode == Mode.POST_ONLY else "a cancel"
        return Rejected(Reject.MODE_FORBIDS, ledger.mode.name.lower(), wanted)
    if market.state != _OPEN:
        return Rejected(Reject.MARKET_NOT_OPEN, market.state.name.lower(), "open")
    if market.end_at_us and time_us >= market.end_at_us:
        return Rejected(
            Reject.MARKET_ENDED, format_time(time_us), f"before {format_time(market.end_at_us)}"
        )
    return None


def _check_form(terms: OrderTerms, time_us: int) -> Rejected | None:
    """The fields exist and fit each other."""
    if not 0 <= terms.outcome <= 1:
        return Rejected(Reject.OUTCOME_INVALID, str(terms.outcome))
    if not 0 <= terms.side <= _SIDE_LAST:
        return Rejected(Reject.SIDE_INVALID, str(terms.side))
    if not 0 <= terms.kind <= _KIND_LAST:
        return Rejected(Reject.KIND_INVALID, str(terms.kind))
    if not 0 <= terms.tif <= _TIF_LAST:
        return Rejected(Reject.TIME_IN_FORCE_INVALID, str(terms.tif))
    if not 0 <= terms.self_trade <= _SELF_TRADE_LAST:
        return Rejected(Reject.SELF_TRADE_INVALID, str(terms.self_trade))
    return _check_combination(terms, time_us)


def _check_combination(terms: OrderTerms, time_us: int) -> Rejected | None:
    """What each field says on its own also goes together."""
    limit = terms.kind == LIMITED
    if not limit and terms.tif not in IMMEDIATE:
        return Rejected(Reject.TIME_IN_FORCE_INVALID, "market order", "IOC, FAK or FOK")
    if terms.post_only and (not limit or terms.tif in IMMEDIATE):
        return Rejected(Reject.POST_ONLY_IMMEDIATE)
    if terms.kind == BY_MONEY and terms.self_trade == _DECREMENT:
        return Rejected(Reject.SELF_TRADE_INVALID, "decrement", "another mode for money orders")
    if (terms.tif == _GTD) != (terms.expire_at_us != 0):
        held = "with" if terms.expire_at_us else "without"
        got = f"{TimeInForce(terms.tif).name} {held} an expiry"
        return Rejected(Reject.EXPIRY_WITHOUT_GTD, got, "GTD with one, or another without")
    if terms.expire_at_us and terms.expire_at_us <= time_us:
        late = f"after {format_time(time_us)}"
        return Rejected(Reject.EXPIRY_IN_PAST, format_time(terms.expire_at_us), late)
    if terms.expire_at_us > TIME_US_MAX:
        return Rejected(Reject.FIELD_INVALID, "an expiry", "at most the end of the year 9999")
    if terms.client_order_id and not is_client_order_id(terms.client_order_id):
        return Rejected(Reject.CLIENT_ORDER_ID_INVALID)
    return None


def _check_amounts(terms: OrderTerms, market: Market) -> Rejected | None:
    """Quantity or money is within what the market accepts."""
    if terms.kind == BY_MONEY:
        if terms.side == SELL:
            return Rejected(Reject.MONEY_SELL)
        if not 0 < terms.budget < BALANCE_LIMIT or terms.qty:
            return Rejected(Reject.BUDGET_INVALID, format_money(terms.budget))
        return None
    if terms.qty <= 0 or terms.budget:
        return Rejected(Reject.QUANTITY_INVALID, format_quantity(terms.qty))
    return check_size(market, terms.qty)


def _check_signature(ledger: Ledger, terms: OrderTerms, market: Market) -> Rejected | None:
    """On a real chain an order is signed, and what was signed is this order."""
    if market.settlement != ON_CHAIN:
        return None
    signed = terms.signed
    if signed is None:
        return Rejected(Reject.UNSIGNED_ORDERS_DISABLED) if ledger.chain.home else None
    wrong = signed_order.problem(signed)
    if wrong:
        return Rejected(Reject.SIGNATURE_INVALID, wrong)
    maker, own = f"0x{signed.maker.hex()}", address_of(ledger, terms.account)
    if ledger.chain.home and maker != own:
        wanted = f"the account's own, {own}" if own else "an account that has an address"
        return Rejected(Reject.SIGNATURE_INVALID, f"maker {maker}", wanted)
    token = str(int.from_bytes(signed.token_id))
    if (token, signed.side) != (market.tokens[terms.outcome], terms.side):
        wanted = f"token {market.tokens[terms.outcome]}, side {terms.side}"
        return Rejected(Reject.SIGNATURE_INVALID, f"token {token}, side {signed.side}", wanted)
    if not ledger.chain.home:
        return None
    return _check_revoked(ledger, terms, own) or _check_signed_fee(ledger, signed, market)


def _check_revoked(ledger: Ledger, terms: OrderTerms, address: str) -> Rejected | None:
    """What was revoked on the chain will not settle: its fills would be announced in vain."""
    revoked = ledger.chain.revoked
    if f"0x{terms.client_order_id}" in revoked:
        return Rejected(Reject.SIGNATURE_INVALID, "an order that was revoked on the chain, or used")
    if address in revoked and terms.signed and terms.signed.version == 1:
        wanted = "one of the second generation: the address has raised its nonce on the chain"
        return Rejected(Reject.ORDER_NONCE_INVALID, "an order of the first generation", wanted)
    return None


def _check_signed_fee(ledger: Ledger, signed: SignedOrder, market: Market) -> Rejected | None:
    """The contract takes no higher fee than an order of the first generation names."""
    rate = ledger.fees[market.fee_version].rate_bps_max
    if signed.version != 1 or signed_order.fee_rate_bps(signed) >= rate:
        return None
    got = str(signed_order.fee_rate_bps(signed))[:80]
    return Rejected(Reject.ORDER_FEE_RATE_INVALID, got, f"at least {rate}")


def check_size(market: Market, qty: int) -> Rejected | None:
    """Return why the market accepts no order of *qty* lots."""
    if qty < market.qty_min:
        least = f"at least {format_quantity(market.qty_min)}"
        return Rejected(Reject.QUANTITY_BELOW_MINIMUM, format_quantity(qty), least)
    if qty > market.qty_max:
        most = f"at most {format_quantity(market.qty_max)}"
        return Rejected(Reject.QUANTITY_ABOVE_MAXIMUM, format_quantity(qty), most)
    return None


def check_price(market: Market, outcome: int, price: int, *, limit: bool) -> Rejected | None:
    """Return why book *price* is out of bounds or, for a limit order, off the grid.

    Circumstances are told at the owner's own price; bounds are symmetric, so they fit both.
    """
    own = TICKS_PER_UNIT - price if outcome else price
    if not market.price_min <= price <= market.price_max:
        bounds = f"{format_price(market.price_min)} to {format_price(market.price_max)}"
        return Rejected(Reject.PRICE_OUT_OF_BOUNDS, format_price(own), bounds)
    if limit and price % market.tick:
        step = f"a multiple of {format_price(market.tick)}"
        return Rejected(Reject.PRICE_OFF_GRID, format_price(own), step)
    return None


def check_funds(ledger: Ledger, account: int, asset: int, more: int) -> Rejected | None:
    """Return why *more* of *asset* cannot be set aside: it is not available."""
    free = available(ledger, account, asset)
    if more <= free:
        return None
    if asset == MONEY:
        least = f"at least {format_money(more)}"
        return Rejected(Reject.FUNDS_INSUFFICIENT, format_money(free), least)
    least = f"at least {format_quantity(more)}"
    return Rejected(Reject.TOKENS_INSUFFICIENT, format_quantity(free), least)
