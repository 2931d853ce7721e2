"""From forms to requests: outside words become the ledger's, or a reject says why not.

Pure. Only the form of a request is judged here; whether the market accepts it and the account can
pay is the ledger's to say, with the same numbers.
"""

from collections.abc import Container
from typing import Final

from msgspec import UNSET, MsgspecError, Raw, Struct, UnsetType, json

from outcry.domain.ids import is_client_order_id
from outcry.domain.market import own_price
from outcry.domain.rejects import Reject, Rejected
from outcry.domain.units import MICROS_PER_SECOND
from outcry.messages.requests import (
    CancelAllRequest,
    CancelRequest,
    PlaceRequest,
    ReduceRequest,
    ReplaceRequest,
)
from outcry.ports.projection import MarketRow
from outcry.runtime.amounts import read_money, read_price, read_quantity
from outcry.runtime.forms import GOT_LENGTH_MAX, read_body
from outcry.services.api.forms import (
    PLACE_BODY,
    CancelAllBody,
    CancelBody,
    PlaceBody,
    ReduceBody,
    ReplaceBody,
)
from outcry_wire.records import OrderKind, SelfTrade, Side, TimeInForce


SIDES: Final = {"buy": Side.BUY, "sell": Side.SELL}
ORDER_TYPES: Final = ("limit", "market")
TIMES_IN_FORCE: Final = {
    "GTC": TimeInForce.GTC,
    "GTD": TimeInForce.GTD,
    "IOC": TimeInForce.IOC,
    "FAK": TimeInForce.IOC,
    "FOK": TimeInForce.FOK,
}
SELF_TRADES: Final = {mode.name.lower(): mode for mode in SelfTrade}
WAITS: Final = {"accepted": False, "result": True}


class _Signature(Struct):
    signature: Raw | UnsetType = UNSET


_signature = json.Decoder(_Signature)


def read_place(body: bytes, *, unsigned_orders: bool) -> PlaceBody | Rejected:
    """Return the order in *body*; a signed one, or an unsigned one where none is taken, is not."""
    form = read_body(PLACE_BODY, body)
    if isinstance(form, Rejected):
        return Rejected(Reject.SIGNED_ORDERS_UNSUPPORTED) if _is_signed(body) else form
    if not unsigned_orders:
        return Rejected(Reject.UNSIGNED_ORDERS_DISABLED)
    return form


def _is_signed(body: bytes) -> bool:
    try:
        return _signature.decode(body).signature is not UNSET
    except (MsgspecError, UnicodeError, RecursionError):
        return False


def read_wait(text: str, *, default: bool) -> bool | Rejected:
    """Return whether to wait for the book's answer."""
    if not text:
        return default
    wait = WAITS.get(text)
    if wait is None:
        return Rejected(Reject.FIELD_INVALID, text, "wait: accepted or result")
    return wait


def place_request(
    form: PlaceBody, market: MarketRow, account: int, other_tokens: Container[str] = (),
    key: str = "",
) -> PlaceRequest | Rejected:  # fmt: skip
    """Return the order of *form* in *market*, which exists and is the one that the form names.

    *other_tokens* are known ones of any market, *key* is the client order id of a form without.
    """
    side = SIDES.get(form.side)
    if side is None:
        return Rejected(Reject.SIDE_INVALID, form.side)
    if form.order_type not in ORDER_TYPES:
        return Rejected(Reject.KIND_INVALID, form.order_type)
    outcome = read_outcome(form.token_id or form.token_id_alias, market, other_tokens)
    if isinstance(outcome, Rejected):
        return outcome
    amounts = _read_amounts(form, side)
    if isinstance(amounts, Rejected):
        return amounts
    conduct = _read_conduct(form)
    if isinstance(conduct, Rejected):
        return conduct
    price = _read_book_price(form, outcome)
    if isinstance(price, Rejected):
        return price
    name = form.client_order_id or key
    if name and not is_client_order_id(name):
        return Rejected(Reject.CLIENT_ORDER_ID_INVALID, name[:GOT_LENGTH_MAX])
    return PlaceRequest(
        account=account,
        market_id=market.market_id,
        outcome=outcome,
        side=side,
        kind=amounts[0],
        tif=conduct[0],
        post_only=form.post_only,
        self_trade=conduct[1],
        price=price,
        qty=amounts[1],
        budget=amounts[2],
        expire_at_us=form.expiration * MICROS_PER_SECOND,
        client_order_id=name,
    )


def read_outcome(
    token: str, market: MarketRow, other_tokens: Container[str] = ()
) -> int | Rejected:
    """Return which outcome of *market* has this token."""
    if token == market.token_0:
        return 0
    if token == market.token_1:
        return 1
    if not token:
        return Rejected(Reject.FIELD_MISSING, expected="token_id")
    reject = Reject.TOKEN_OF_OTHER_MARKET if token in other_tokens else Reject.TOKEN_UNKNOWN
    return Rejected(reject, token[:80], f"{market.token_0} or {market.token_1}")


def _read_amounts(form: PlaceBody, side: Side) -> tuple[OrderKind, int, int] | Rejected:
    """Return kind, quantity and budget; one of the two is 0."""
    if form.volume:
        if form.order_type == "limit":
            return Rejected(Reject.FIELD_INVALID, "volume", "quantity: for a limit order")
        if side == Side.SELL:
            return Rejected(Reject.MONEY_SELL)
        if form.quantity:
            return Rejected(Reject.FIELD_INVALID, "both", "either quantity or volume")
        budget = read_money(form.volume, Reject.BUDGET_INVALID)
        return budget if isinstance(budget, Rejected) else (OrderKind.MARKET_MONEY, 0, budget)
    if not form.quantity:
        return Rejected(Reject.FIELD_MISSING, expected="quantity")
    qty = read_quantity(form.quantity)
    if isinstance(qty, Rejected):
        return qty
    kind = OrderKind.LIMIT if form.order_type == "limit" else OrderKind.MARKET_QTY
    return kind, qty, 0


def _read_conduct(form: PlaceBody) -> tuple[TimeInForce, SelfTrade] | Rejected:
    """Return how long the order stands, and what it does when it meets one's own."""
    tif = _read_time_in_force(form)
    if isinstance(tif, Rejected):
        return tif
    self_trade = SELF_TRADES.get(form.self_trade_prevention)
    if self_trade is None:
        return Rejected(Reject.SELF_TRADE_INVALID, form.self_trade_prevention)
    return tif, self_trade


def _read_time_in_force(form: PlaceBody) -> TimeInForce | Rejected:
    if not form.time_in_force:
        if form.order_type == "market":
            return TimeInForce.IOC
        return TimeInForce.GTD if form.expiration else TimeInForce.GTC
    tif = TIMES_IN_FORCE.get(form.time_in_force)
    if tif is None:
        return Rejected(Reject.TIME_IN_FORCE_INVALID, form.time_in_force)
    return tif


def _read_book_price(form: PlaceBody, outcome: int) -> int | Rejected:
    """Return the price in outcome-0 ticks; 0 where a market order names no bound."""
    if not form.price:
        if form.order_type == "market":
            return 0
        return Rejected(Reject.FIELD_MISSING, expected="price")
    own = read_price(form.price)
    return own if isinstance(own, Rejected) else own_price(outcome, own)


def cancel_request(form: CancelBody, account: int) -> CancelRequest | Rejected:
    """Return the cancel of one order, which is named in exactly one way."""
    unnamed = _check_name(form)
    return unnamed or CancelRequest(account, form.order_id, form.client_order_id)


def reduce_request(form: ReduceBody, account: int) -> ReduceRequest | Rejected:
    """Return the reduction of one order, named like that of a cancel."""
    unnamed = _check_name(form)
    if unnamed:
        return unnamed
    by = read_quantity(form.quantity)
    if isinstance(by, Rejected):
        return by
    return ReduceRequest(account, form.order_id, form.client_order_id, by)


def replace_request(form: ReplaceBody, account: int) -> ReplaceRequest | Rejected:
    """Return the replacement of one order's terms, named like that of a cancel."""
    unnamed = _check_name(form)
    if unnamed:
        return unnamed
    price, total = read_price(form.price), read_quantity(form.quantity)
    if isinstance(price, Rejected):
        return price
    if isinstance(total, Rejected):
        return total
    return ReplaceRequest(
        account, form.order_id, form.client_order_id, price, total, form.post_only
    )


def _check_name(form: CancelBody | ReduceBody | ReplaceBody) -> Rejected | None:
    """Decline a form that does not name one order in exactly one way."""
    if bool(form.order_id) == bool(form.client_order_id):
        wanted = "either order_id or client_order_id"
        if form.order_id:
            return Rejected(Reject.FIELD_INVALID, "both", wanted)
        return Rejected(Reject.FIELD_MISSING, expected=wanted)
    if form.client_order_id and not is_client_order_id(form.client_order_id):
        return Rejected(Reject.CLIENT_ORDER_ID_INVALID, form.client_order_id[:GOT_LENGTH_MAX])
    return None


def cancel_all_request(form: CancelAllBody, account: int) -> CancelAllRequest:
    """Return the cancel of many orders; a market says more than its event."""
    return CancelAllRequest(account, 0 if form.market_id else form.event_id, form.market_id)


def check_idempotency_key(text: str) -> Rejected | None:
    """Decline a value of ``Idempotency-Key`` that is none; "" is no header and fine."""
    if text and not is_client_order_id(text):
        expected = "Idempotency-Key: 1 to 64 printable ASCII characters"
        return Rejected(Reject.FIELD_INVALID, text[:80], expected)
    return None
