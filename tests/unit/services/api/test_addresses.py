"""Linking an address: proven by its signature for this user, and never shared."""

import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from tests.support.clob import Wallet
from tests.support.http_asking import refused
from tests.support.http_door import Door, http_door

from outcry.domain.rejects import Reject
from outcry.services.api.config import ApiConfig


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    """Give a running exchange with its HTTP door."""
    async with http_door() as door:
        yield door


def body(wallet: Wallet, user_id: int, timestamp: int | None = None) -> dict[str, Any]:
    """Return what links a wallet's address to a user."""
    said = wallet.login_headers(user_id, timestamp)
    return {
        "address": said["POLY_ADDRESS"],
        "timestamp": said["POLY_TIMESTAMP"],
        "signature": said["POLY_SIGNATURE"],
    }


async def test_a_user_of_tokens_trades_with_official_clients(door: Door) -> None:
    """After the link the address signs in as that user, with that user's money."""
    user_id, wallet = await door.user("ann", "100"), Wallet(door, 1)
    linked = await door.post("/api/link_address", body(wallet, user_id), door.as_user("ann"))
    again = await door.post("/api/link_address", body(wallet, user_id), door.as_user("ann"))
    assert (linked["repeated"], again["repeated"]) == (False, True)
    event = await door.event(tick_size="0.01")
    await wallet.log_in()
    token = event["markets"][0]["outcome_0_token_id"]
    placed = await wallet.place(token_id=token, price=0.5, size=10, side="BUY")
    assert placed["status"] == "live"
    await door.settled()
    assert (await door.get("/api/open_orders", uid=user_id))["total"] == 1


async def test_an_address_has_to_be_shown(door: Door) -> None:
    """A login for somebody else, an old one, and the address of another user link nothing."""
    ann, bob = await door.user("ann"), await door.user("bob")
    wallet, headers = Wallet(door, 1), door.as_user("bob")

    async def link(reject: Reject, what: dict[str, Any]) -> None:
        await refused(door, reject, "POST", "/api/link_address", headers, what)

    await link(Reject.LOGIN_INVALID, body(wallet, ann))
    await link(Reject.LOGIN_INVALID, body(wallet, bob) | {"address": Wallet(door, 2).address})
    await link(Reject.REQUEST_STALE, body(wallet, bob, int(time.time()) - 3_600))
    await link(Reject.FIELD_INVALID, body(wallet, bob) | {"signature": "0x12"})
    await door.post("/api/link_address", body(wallet, ann), door.as_user("ann"))
    await link(Reject.ADDRESS_TAKEN, body(wallet, bob))


async def test_a_key_is_of_the_address_that_made_it(door: Door) -> None:
    """Who links another address leaves the keys of the old one behind."""
    user_id, headers = await door.user("ann"), door.as_user("ann")
    old, new = Wallet(door, 1), Wallet(door, 2)
    await door.post("/api/link_address", body(old, user_id), headers)
    await old.log_in()
    assert (await old.told("GET", "/data/orders"))["data"] == []
    await door.post("/api/link_address", body(new, user_id), headers)
    clob = door.api.clob
    assert clob is not None
    # As if a second had passed: so long a key is not looked up again.
    clob.private.gate._identity._holders._entries.clear()
    assert (await old.refused("GET", "/data/orders"))["name"] == "KEY_INVALID"
    await new.log_in()
    assert (await new.told("GET", "/data/orders"))["data"] == []


async def test_where_nothing_is_signed_nothing_is_linked() -> None:
    """An exchange without signatures has no use for addresses, and says so."""
    async with http_door(ApiConfig(clob=None)) as door:
        user_id = await door.user("ann")
        what = body(Wallet(door, 1), user_id)
        await refused(
            door, Reject.SIGNED_ORDERS_UNSUPPORTED, "POST", "/api/link_address",
            door.as_user("ann"), what,
        )  # fmt: skip
