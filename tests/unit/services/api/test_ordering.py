"""Orders alone, in batches, for a try, and signed, over a whole exchange."""

import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from msgspec import json
from msgspec.structs import fields
from tests.support.ethereum import Account
from tests.support.http_asking import limit, refused
from tests.support.http_door import Door, http_door

from outcry.domain.rejects import Reject
from outcry.services.api.config import ApiConfig
from outcry.services.api.forms import PlaceBody
from outcry.services.api.ordering import BATCH_COUNT_MAX
from outcry.services.api.signed import SIGNED_BODY, SignedBody, Signing, digest_of


SIGNING = Signing("Polymarket CTF Exchange", 137, "0x" + "4b" * 20, 6)
KEY = bytes(range(1, 33))
ADDRESS = Account.from_key(KEY).address


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    """Give a running exchange that takes orders with and without signatures."""
    async with http_door(ApiConfig(signing=SIGNING)) as door:
        yield door


async def test_a_batch_answers_each_order_for_itself(door: Door) -> None:
    """Good, malformed and declined orders of one batch have results in their places."""
    event = await door.event()
    await door.user("ann", "30")
    ann = door.as_user("ann")
    good = limit(event, 0, "buy", "0.5", "10")
    body = {
        "orders": [
            {**good, "client_order_id": "a"},
            {**good, "price": "0.12345"},
            {**good, "colour": "red"},
            {**good, "quantity": "1000"},
            {**good, "price": "0.3", "post_only": True},
        ],
        "wait": "result",
    }

    results = (await door.post("/api/orders", body, ann))["results"]

    assert [item["code"] for item in results] == [0, 2003, 2003, 2997, 0]
    names = [item["refusal"]["name"] for item in results[1:4]]
    assert names == ["PRICE_OFF_GRID", "FIELD_UNKNOWN", "FUNDS_INSUFFICIENT"]
    assert results[0]["data"]["status"] == "new"
    again = (await door.post("/api/orders", body, ann))["results"]
    assert (again[0]["data"]["repeated"], again[0]["data"]["order_id"]) == (
        True, results[0]["data"]["order_id"],
    )  # fmt: skip
    assert again[4]["data"]["order_id"] != results[4]["data"]["order_id"]


async def test_batches_have_a_bound_and_a_price(door: Door) -> None:
    """Nothing, too many and something else are refused; each order counts against the rate."""
    event = await door.event()
    await door.user("ann", "10")
    ann = door.as_user("ann")
    order = limit(event, 0, "buy", "0.01", "1")
    many = {"orders": [order] * (BATCH_COUNT_MAX + 1)}
    await refused(door, Reject.BATCH_TOO_LARGE, "POST", "/api/orders", ann, many)
    await refused(door, Reject.FIELD_INVALID, "POST", "/api/orders", ann, {"orders": []})
    await refused(door, Reject.FIELD_INVALID, "POST", "/api/orders", ann, {"orders": order})
    most = {"orders": [order] * BATCH_COUNT_MAX}
    async with http_door(ApiConfig(account_requests_per_second_max=60)) as strict:
        event = await strict.event()
        await strict.user("ann", "10")
        await strict.post("/api/orders", most, strict.as_user("ann"))
        await refused(
            strict, Reject.RATE_LIMITED, "POST", "/api/orders", strict.as_user("ann"), most
        )


async def test_an_idempotency_key_names_orders_that_have_no_id(door: Door) -> None:
    """The same key again is the same order, alone or in a batch; an id of one's own wins."""
    event = await door.event()
    await door.user("ann", "10")
    headers = door.as_user("ann") | {"idempotency-key": "k1"}
    order = limit(event, 0, "buy", "0.2", "1")
    first = await door.post("/api/place_order", order, headers)
    again = await door.post("/api/place_order", order, headers)
    assert (again["order_id"], again["repeated"]) == (first["order_id"], True)
    own = await door.post("/api/place_order", {**order, "client_order_id": "mine"}, headers)
    assert own["order_id"] != first["order_id"]
    await refused(
        door, Reject.CLIENT_ORDER_ID_REUSED, "POST", "/api/place_order", headers,
        {**order, "price": "0.3"},
    )  # fmt: skip

    two = {"orders": [order, order]}
    ids = [i["data"]["order_id"] for i in (await door.post("/api/orders", two, headers))["results"]]
    repeated = (await door.post("/api/orders", two, headers))["results"]
    assert [item["data"]["order_id"] for item in repeated] == ids
    assert len(set(ids)) == 2
    long = headers | {"idempotency-key": "k" * 62}
    await refused(door, Reject.FIELD_INVALID, "POST", "/api/orders", long, two)


async def test_a_try_says_which_check_fails_and_changes_nothing(door: Door) -> None:
    """A good order says what it would hold; a bad one its reject, got and expected."""
    event = await door.event(tick_size="0.01")
    uid = await door.user("ann", "10")
    ann = door.as_user("ann")
    order = limit(event, 0, "buy", "0.5", "10")

    assert await door.post("/api/orders/validate", order, ann) == {
        "valid": True, "hold": "5.000000", "refusal": None,
    }  # fmt: skip
    poor = await door.post("/api/orders/validate", {**order, "quantity": "30"}, ann)
    assert (poor["valid"], poor["refusal"]["name"]) == (False, "FUNDS_INSUFFICIENT")
    assert poor["refusal"]["got"]
    assert poor["refusal"]["expected"]
    off = await door.post("/api/orders/validate", {**order, "price": "0.555"}, ann)
    assert off["refusal"]["name"] == "PRICE_OFF_GRID"
    form = await door.post("/api/orders/validate", {**order, "side": "hold"}, ann)
    assert form["refusal"]["reject"] == Reject.SIDE_INVALID
    short = await door.post("/api/orders/validate", {**order, "side": "sell"}, ann)
    assert short["refusal"]["name"] == "TOKENS_INSUFFICIENT"

    await door.settled()
    assert (await door.get("/api/open_orders", uid=uid))["total"] == 0
    balances = await door.get("/api/event_balance", ann, event_id=event["event_id"])
    assert balances["cash_available"] == "10.000000"


def signed(event: dict[str, Any], side: str, given: int, taken: int, **more: Any) -> dict[str, Any]:
    """Return the body of an order for the first outcome, with Ann's signature."""
    market = event["markets"][0]
    body = {
        "event_id": event["event_id"],
        "market_id": market["market_id"],
        "tokenId": market["outcome_0_token_id"],
        "side": side,
        "order_type": "limit",
        "salt": 123_456_789,
        "maker": ADDRESS,
        "signer": ADDRESS,
        "makerAmount": str(given),
        "takerAmount": str(taken),
        "signature": "0x" + "00" * 65,
        **more,
    }
    form = SIGNED_BODY.decode(json.encode(body))
    digest = digest_of(form, SIGNING)
    assert digest is not None
    signature = bytes(Account.unsafe_sign_hash(digest, KEY).signature)
    return {**body, "signature": "0x" + signature.hex()}


async def signer(door: Door) -> dict[str, str]:
    """Register Ann with her address and some money; returns her headers."""
    person = {"external_id": "ann", "address": ADDRESS.lower()}
    user = await door.post("/api/admin/users", person, door.as_admin())
    money = {"user_id": user["user_id"], "amount": "100", "tx_hash": "1"}
    await door.post("/api/admin/deposits", money, door.as_admin())
    return door.as_user("ann")


async def test_signed_orders_of_both_generations_count_once(door: Door) -> None:
    """Price and quantity follow from the signed amounts; the digest is the client's order id."""
    event = await door.event()
    ann = await signer(door)
    now = str(int(time.time() * 1_000))
    first = signed(event, "buy", 5_500_000, 10_000_000, nonce="0", feeRateBps="0", price="0.55")
    second = signed(event, "buy", 2_400_000, 10_000_000, timestamp=now)
    for body, price, quantity in ((first, "0.5500", "10.00"), (second, "0.2400", "10.00")):
        placed = await door.post("/api/place_order", body, ann)
        again = await door.post("/api/place_order", body, ann)
        assert (again["order_id"], again["repeated"]) == (placed["order_id"], True)
        await door.settled()
        page = await door.get("/api/order_history", ann)
        order = page["order_history"][0]
        assert (order["price"], order["quantity"], len(order["client_order_id"])) == (
            price, quantity, 64,
        )  # fmt: skip
    third = signed(event, "buy", 1_000_000, 10_000_000, timestamp=now)
    told = await door.post("/api/orders", {"orders": [third, second]}, ann)
    assert [item["data"]["repeated"] for item in told["results"]] == [False, True]
    verdict = await door.post("/api/orders/validate", signed(event, "buy", 10**8, 2 * 10**8), ann)
    assert verdict["refusal"]["name"] == "FUNDS_INSUFFICIENT"


class Named:
    """A chain on which one wallet has named whoever asks."""

    def __init__(self, wallet: str) -> None:
        self._wallet = bytes.fromhex(wallet[2:])

    async def accepts(self, wallet: bytes, digest: bytes, signature: bytes) -> bool:
        """Nobody asks where contracts settle."""
        raise AssertionError((wallet, digest, signature))

    async def of(self, key: bytes) -> list[bytes]:
        """Nobody asks for it here."""
        raise AssertionError(key)

    async def names(self, wallet: bytes, key: bytes) -> bool:
        """Return whether it is the wallet."""
        return (wallet, f"0x{key.hex()}") == (self._wallet, ADDRESS.lower())


async def test_a_signed_order_of_a_wallet_links_it_where_contracts_settle() -> None:
    """One that named the key goes on to be linked, as on the CLOB surface; a try links nothing."""
    named, other = "0x" + "ab" * 20, "0x" + "cd" * 20
    config = ApiConfig(signing=SIGNING._replace(escrow=True))
    async with http_door(config, wallets=Named(named)) as door:
        event = await door.event()
        ann = await signer(door)
        good = signed(event, "buy", 5_500_000, 10_000_000, maker=named, signatureType=2)
        strange = signed(event, "buy", 5_500_000, 10_000_000, maker=other, signatureType=2)
        await refused(door, Reject.SIGNATURE_INVALID, "POST", "/api/place_order", ann, strange)
        # The ledger of this test is on no chain: it declines to link, so it was asked to.
        await refused(door, Reject.ON_NO_CHAIN, "POST", "/api/place_order", ann, good)
        assert (await door.post("/api/orders/validate", good, ann))["valid"]


async def test_signed_market_orders_are_bounded_by_what_was_signed(door: Door) -> None:
    """Money buys at no more than the signed ratio, a sale brings no less."""
    event = await door.event()
    ann = await signer(door)
    await door.user("bob", "100")
    bob = door.as_user("bob")
    await door.post("/api/split", {"market_id": 1, "quantity": "50"}, bob)
    for price in ("0.52", "0.53"):
        await door.post("/api/place_order", limit(event, 0, "sell", price, "10"), bob)
    body = signed(event, "buy", 10_000_000, 19_230_700, order_type="market")
    bought = await door.post("/api/place_order", {**body, "wait": "result"}, ann)
    assert (bought["filled_quantity"], bought["filled_volume"]) == ("10.00", "5.200000")

    await door.post("/api/place_order", limit(event, 0, "buy", "0.40", "2"), bob)
    body = signed(event, "sell", 5_000_000, 2_050_000, order_type="market")
    sold = await door.post("/api/place_order", {**body, "wait": "result"}, ann)
    assert (sold["filled_quantity"], sold["status"]) == ("0.00", "cancelled")


@pytest.mark.parametrize(
    ("change", "reject"),
    [
        ({"makerAmount": "5600000"}, Reject.SIGNATURE_INVALID),
        ({"salt": 5}, Reject.SIGNATURE_INVALID),
        ({"salt": str(2**256)}, Reject.SIGNATURE_INVALID),
        ({"side": "sell"}, Reject.SIGNATURE_INVALID),
        ({"expiration": "1900000000"}, Reject.SIGNATURE_INVALID),
        ({"signature": "0x" + "11" * 65}, Reject.SIGNATURE_INVALID),
        ({"signature": "0x1234"}, Reject.FIELD_INVALID),
        ({"signer": "0x" + "22" * 20}, Reject.SIGNATURE_INVALID),
        ({"maker": "0x" + "22" * 20}, Reject.SIGNATURE_INVALID),
        ({"taker": "0x" + "22" * 20}, Reject.SIGNATURE_INVALID),
        ({"signatureType": 2}, Reject.SIGNATURE_INVALID),
        ({"price": "0.54"}, Reject.SIGNATURE_INVALID),
        ({"timestamp": "1"}, Reject.SIGNATURE_INVALID),
        ({"client_order_id": "mine"}, Reject.FIELD_UNKNOWN),
        ({"tokenId": "12"}, Reject.SIGNATURE_INVALID),
    ],
)
async def test_what_was_not_signed_does_not_count(
    door: Door, change: dict[str, Any], reject: Reject
) -> None:
    """Whatever is changed after signing, the order is refused and nothing is held."""
    event = await door.event()
    ann = await signer(door)
    body = signed(event, "buy", 5_500_000, 10_000_000) | change
    await refused(door, reject, "POST", "/api/place_order", ann, body)


async def test_a_signed_expiry_beyond_all_times_is_refused(door: Door) -> None:
    """A signature covers 256 bits; the year 9999 is the last, and the ledger goes on."""
    event = await door.event()
    ann = await signer(door)
    for seconds in (253_402_300_800, 10**13, 10**70):
        body = signed(event, "buy", 5_500_000, 10_000_000, nonce="0", expiration=str(seconds))
        await refused(door, Reject.FIELD_INVALID, "POST", "/api/place_order", ann, body)
    last = str(253_402_300_799)
    body = signed(event, "buy", 5_500_000, 10_000_000, nonce="0", expiration=last)
    assert (await door.post("/api/place_order", body, ann))["order_id"]


async def test_amounts_that_make_no_order_are_refused(door: Door) -> None:
    """Zero, unequal to any price of the grid, and finer than a lot, though signed."""
    event = await door.event(tick_size="0.01")
    ann = await signer(door)
    for maker, taker, reject in (
        (0, 10_000_000, Reject.AMOUNT_INVALID),
        (5_500_002, 10_000_000, Reject.AMOUNT_INVALID),
        (5_500, 10_001, Reject.AMOUNT_INVALID),
        (5_550_000, 10_000_000, Reject.PRICE_OFF_GRID),
    ):
        body = signed(event, "buy", maker, taker)
        await refused(door, reject, "POST", "/api/place_order", ann, body)


async def test_signatures_need_an_address_and_an_exchange_that_takes_them(door: Door) -> None:
    """A user without an address, and an exchange without signed orders, have their own rejects."""
    event = await door.event()
    await door.user("bob", "10")
    body = signed(event, "buy", 5_500_000, 10_000_000)
    await refused(
        door, Reject.ADDRESS_MISSING, "POST", "/api/place_order", door.as_user("bob"), body
    )
    async with http_door() as plain:
        await plain.event()
        await plain.user("bob", "10")
        await refused(
            plain, Reject.SIGNED_ORDERS_UNSUPPORTED, "POST", "/api/place_order",
            plain.as_user("bob"), body,
        )  # fmt: skip


def test_the_forms_of_orders_say_the_same_where_they_overlap() -> None:
    """A signed order has every choice of an unsigned one, but for what the signature decides."""
    decided = {"quantity", "volume", "client_order_id", "token_id_alias"}
    signed_fields = {field.name for field in fields(SignedBody)}
    plain = {field.name for field in fields(PlaceBody)}
    assert plain - signed_fields == decided


async def test_the_hot_route_answers_what_the_framework_answers(door: Door) -> None:
    """Good, declined, malformed and unauthorised orders: status, headers and body are the same.

    A query, even an empty choice, leaves a request to the framework.
    """
    event = await door.event(tick_size="0.01")
    await door.user("ann", "10")
    ann = door.as_user("ann")
    good = limit(event, 0, "buy", "0.5", "1") | {"wait": "accepted"}
    named = good | {"client_order_id": "same"}
    await door.post("/api/place_order", named, ann)
    asked: list[tuple[dict[str, str], Any]] = [
        (ann, named),
        (ann, good | {"price": "0.555"}),
        (ann, good | {"quantity": "10000"}),
        (ann, good | {"market_id": 99}),
        (ann, {}),
        ({}, good),
        ({"authorization": "Basic x"}, good),
        (door.as_user("ann", "read"), good),
        (door.as_user("nobody"), good),
    ]
    for headers, body in asked:
        hot = await door.client.post("/api/place_order", json=body, headers=headers)
        slow = await door.client.post("/api/place_order?wait=accepted", json=body, headers=headers)
        assert (hot.status_code, hot.json()) == (slow.status_code, slow.json()), body
        apart = ("x-request-id", "ratelimit-remaining", "ratelimit-reset", "content-length")
        seen = [
            {name: value for name, value in answer.headers.items() if name not in apart}
            for answer in (hot, slow)
        ]
        assert seen[0] == seen[1], body
    broken = await door.client.post("/api/place_order", content=b"{", headers=ann)
    assert broken.json()["data"]["reject"] == Reject.MALFORMED
    large = await door.client.post("/api/place_order", content=b" " * 2_000_000, headers=ann)
    assert large.status_code == 413
