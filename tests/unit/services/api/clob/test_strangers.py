"""Strangers on the CLOB surface: every route asked as nobody, and for what is somebody else's.

The routes are those of the application: one that is added is private here until it is named below.
"""

import re
from collections.abc import AsyncIterator, Callable
from typing import Any, Final

import pytest
from litestar import Litestar
from tests.support.clob import Wallet
from tests.support.http_door import Door, http_door


#: Of `/api` and what is beside it the OpenAPI tells; see tests/unit/services/api/test_strangers.py.
APART: Final = r"/(api|docs|healthz|readyz|metrics)(/|$)"
#: What anybody may ask: books, prices, catalogue, clock, and logins, which bring their own proof.
PUBLIC: Final = re.compile(
    r"/$|/(ok|time|version|books?|prices?|midpoints?|spreads?|series|neg-risk|fee-rate|tick-size"
    r"|last-trade-price|last-trades-prices|prices-history|batch-prices-history|public-search)$"
    r"|/(gamma|events|tags|markets|markets-by-token|clob-markets|simplified-markets|sampling-markets"
    r"|sampling-simplified-markets|live-activity|rewards/markets|rebates|fees|builder/trades)(/|$)"
    r"|/auth/validate-readonly-api-key$"
)
LOGINS: Final = ("POST /auth/api-key", "GET /auth/derive-api-key")
#: Bodies that get as far as the question whose something is.
NAMES: Final[dict[str, Callable[[str], object]]] = {
    "DELETE /order": lambda order: {"orderID": order},
    "DELETE /orders": lambda order: [order],
    "POST /orders-scoring": lambda order: [order],
}


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    """Give a running exchange with its HTTP door."""
    async with http_door() as door:
        yield door


def routes(door: Door) -> list[tuple[str, str]]:
    """Return method and path of every private route that the application has."""
    app: Any = door.api.app
    while not isinstance(app, Litestar):
        app = app._app
    found = [
        (method, route.path)
        for route in app.routes
        if not re.match(APART, route.path) and not PUBLIC.match(route.path)
        for method in sorted(getattr(route, "methods", set()) - {"OPTIONS"})
    ]
    return [(method, path) for method, path in found if f"{method} {path}" not in LOGINS]


def named(path: str, order: str) -> str:
    """Return *path* with *order* where it names something."""
    return re.sub(r"\{\w+:\w+\}", order, path)


async def test_every_private_route_refuses_whoever_does_not_hold_the_key(door: Door) -> None:
    """Nobody, a signature of another path, an old one, and another's address: 401 and a text."""
    ann, bob = await Wallet(door, 1).log_in(), await Wallet(door, 2).log_in()
    private = routes(door)
    assert len(private) > 38
    for method, template in private:
        path = named(template, "0x1")
        signed = ann.headers(method, path)
        for headers in (
            dict[str, str](),
            ann.headers("GET", "/x"),
            ann.headers(method, path, timestamp=1),
            signed | {"POLY_ADDRESS": bob.address},
            signed | {"POLY_API_KEY": bob.headers(method, path)["POLY_API_KEY"]},
        ):
            answer = await door.client.request(method, path, headers=headers)
            assert (answer.status_code, set(answer.json()) >= {"error"}) == (401, True), path
            # Whoever guesses so often is locked out; here every route is to be asked.
            door.lockout._guessing.discard("127.0.0.1")


async def test_nothing_of_somebody_else_is_told_or_changed(door: Door) -> None:
    """Bob asks every private route for Ann's order: he hears what is heard of none at all."""
    event = await door.event(tick_size="0.01")
    yes = event["markets"][0]["outcome_0_token_id"]
    ann, bob = await Wallet(door, 1).fund(), await Wallet(door, 2).fund()
    order = (await ann.place(token_id=yes, price=0.4, size=10, side="BUY"))["orderID"]
    nothing = "0x" + "ab" * 32
    assert ann.creds is not None
    for method, template in routes(door):
        if template.startswith("/auth/"):
            continue  # these make and end Bob's own keys
        told = []
        for name in (order, nothing):
            form = NAMES.get(f"{method} {template}")
            body = (
                form(name) if form else None if method == "GET" else {"id": name, "orderID": name}
            )
            query = {"id": name, "order_id": name} if method == "GET" else {}
            answer = await bob.ask(method, named(template, name), body, **query)
            text = answer.text.replace(name, "?")
            for secret in (ann.address.lower(), ann.creds.api_key, ann.creds.api_secret):
                assert secret not in text.lower(), (method, template)
            told.append((answer.status_code, re.sub(r"[0-9a-f-]{36}|\d{9,}", "", text)))
        assert told[0] == told[1], (method, template)
    (live,) = (await ann.told("GET", "/data/orders"))["data"]
    assert (live["id"], live["status"]) == (order, "LIVE")
