"""Calls about one's own account.

What could happen twice has a name of its own, so that it can be repeated: an order its
``client_order_id``, a split, merge or redemption its ``key``. Where the caller gives none, one is
made here.
"""

from typing import Literal
from uuid import uuid4

from outcry_sdk.amounts import Amount
from outcry_sdk.calls.call import Call, get, optional_text, post, reader
from outcry_sdk.models import (
    Cancelled,
    Done,
    EventBalance,
    OrderHistoryPage,
    Placed,
    Redeemed,
    User,
)


Side = Literal["buy", "sell"]
Wait = Literal["accepted", "result"]

_user = reader(User)
_history = reader(OrderHistoryPage, empty=True)
_event_balance = reader(EventBalance)
_placed = reader(Placed)
_cancelled = reader(Cancelled)
_done = reader(Done)
_redeemed = reader(Redeemed)


def user_data() -> Call[User]:
    """Return who one is; the first call registers the holder of a token."""
    return get("/api/user_data", _user)


def order_history(
    *,
    account: int = 0,
    event_id: int = 0,
    market_id: int = 0,
    page: int = 1,
    page_size: int = 20,
    after: int = 0,
) -> Call[OrderHistoryPage]:
    """Return one's own orders, newest first."""
    query = {"event_id": event_id, "market_id": market_id, "page": page, "page_size": page_size}
    return get("/api/order_history", _history, query | {"account": account, "after": after})


def event_balance(
    event_id: int, *, market_id: int = 0, account: int = 0, after: int = 0
) -> Call[EventBalance]:
    """Return what one may use at present: the tokens of an event, and collateral."""
    query = {"event_id": event_id, "market_id": market_id, "account": account, "after": after}
    return get("/api/event_balance", _event_balance, query)


def place_order(  # noqa: PLR0913 - an order has these terms
    event_id: int,
    market_id: int,
    token_id: str,
    side: Side,
    *,
    price: Amount | None = None,
    quantity: Amount | None = None,
    volume: Amount | None = None,
    order_type: Literal["limit", "market"] = "limit",
    time_in_force: Literal["GTC", "GTD", "IOC", "FAK", "FOK"] | None = None,
    post_only: bool = False,
    expiration: int | None = None,
    self_trade_prevention: Literal["cancel_taker", "cancel_maker", "cancel_both", "decrement"]
    | None = None,
    client_order_id: str = "",
    account: int | None = None,
    wait: Wait = "accepted",
) -> Call[Placed]:
    """Enter an order of *account* (by default the first); it is durable when it is answered.

    *price* is the own price of the outcome (the worst one, for a market order), *volume* the all-in
    money of a market buy, *expiration* in seconds. Raises `TermsError`, `FundsError`,
    `LifecycleError`, and with ``wait="result"`` `BookError`, of what the book declined.
    """
    body = {
        "event_id": event_id,
        "market_id": market_id,
        "token_id": token_id,
        "side": side,
        "order_type": order_type,
        "price": optional_text(price),
        "quantity": optional_text(quantity),
        "volume": optional_text(volume),
        "time_in_force": time_in_force,
        "post_only": post_only or None,
        "expiration": expiration,
        "self_trade_prevention": self_trade_prevention,
        "client_order_id": client_order_id or uuid4().hex,
        "account": account,
    }
    return post("/api/place_order", _placed, body, query={"wait": wait})


def cancel_order(
    *, order_id: int | None = None, client_order_id: str | None = None, wait: Wait = "result"
) -> Call[Cancelled]:
    """Cancel one order, named in one way; raises `NotFoundError` when it is not open any more."""
    body = {"order_id": order_id, "client_order_id": client_order_id}
    return post("/api/cancel_order", _cancelled, body, query={"wait": wait})


def reduce_order(
    quantity: Amount,
    *,
    order_id: int | None = None,
    client_order_id: str | None = None,
    wait: Wait = "result",
) -> Call[Placed]:
    """Take *quantity* shares off an order, which keeps its place in the queue."""
    body = {
        "order_id": order_id,
        "client_order_id": client_order_id,
        "quantity": optional_text(quantity),
    }
    return post("/api/reduce_order", _placed, body, query={"wait": wait}, repeatable=False)


def replace_order(
    *,
    price: Amount,
    quantity: Amount,
    order_id: int | None = None,
    client_order_id: str | None = None,
    post_only: bool = False,
    wait: Wait = "result",
) -> Call[Placed]:
    """Give an order another own price and total quantity (what is filled already included).

    Raises `CapacityError` while another replace of it is on its way, and `BookError` when it would
    trade but is post-only: then it stands as it was.
    """
    body = {
        "order_id": order_id,
        "client_order_id": client_order_id,
        "price": optional_text(price),
        "quantity": optional_text(quantity),
        "post_only": post_only or None,
    }
    return post("/api/replace_order", _placed, body, query={"wait": wait}, repeatable=False)


def cancel_all_orders(
    *,
    event_id: int | None = None,
    market_id: int | None = None,
    account: int | None = None,
    wait: Wait = "result",
) -> Call[Cancelled]:
    """Cancel all open orders, or those of an event or a market. Not atomic across books."""
    body = {"event_id": event_id, "market_id": market_id, "account": account}
    return post("/api/cancel_all_orders", _cancelled, body, query={"wait": wait})


def split(
    market_id: int, quantity: Amount, *, account: int | None = None, key: str = ""
) -> Call[Done]:
    """Turn collateral into pairs of both tokens, once per *key*."""
    body = {"market_id": market_id, "quantity": optional_text(quantity), "account": account}
    return post("/api/split", _done, body, headers=once(key))


def merge(
    market_id: int, quantity: Amount, *, account: int | None = None, key: str = ""
) -> Call[Done]:
    """Turn pairs of both tokens into collateral, once per *key*."""
    body = {"market_id": market_id, "quantity": optional_text(quantity), "account": account}
    return post("/api/merge", _done, body, headers=once(key))


def redeem(market_id: int, *, account: int | None = None, key: str = "") -> Call[Redeemed]:
    """Turn all tokens of a resolved or voided market into collateral, once per *key*."""
    body = {"market_id": market_id, "account": account}
    return post("/api/redeem", _redeemed, body, headers=once(key))


def once(key: str) -> dict[str, str]:
    """Return the header by which a request happens once; without a *key* one is made."""
    return {"idempotency-key": key or uuid4().hex}
