"""What an example of docs/reference/http.md is made of."""

from typing import Any, NamedTuple


class Call(NamedTuple):
    """One request: who makes it ("" = nobody, "key" = by API key), and its body if it has one."""

    method: str
    path: str
    who: str = ""
    body: dict[str, Any] | None = None
    headers: tuple[str, ...] = ()
    #: An HTTP status, where it is not 200.
    status: int = 200


class Section(NamedTuple):
    """A part of the page."""

    title: str
    text: str
    calls: tuple[Call, ...]


def order(token: str, side: str, price: str, quantity: str, **more: object) -> dict[str, Any]:
    """Return the body of a limit order in market 1."""
    return {
        "event_id": 1,
        "market_id": 1,
        "token_id": token,
        "side": side,
        "order_type": "limit",
        "price": price,
        "quantity": quantity,
        **more,
    }


def admin(path: str, **body: object) -> Call:
    """Return a request of an operator."""
    return Call("POST", f"/api/admin/{path}", "root", body)
