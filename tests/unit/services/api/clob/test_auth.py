"""Keys of the CLOB surface over HTTP: made by a login, signed with, listed, revoked at once."""

import time
from collections.abc import AsyncIterator

import pytest
from py_clob_client_v2.clob_types import ApiCreds
from tests.support.clob import Wallet
from tests.support.http_door import Door, http_door

from outcry.runtime.lockout import GUESSES_MAX
from outcry.services.api.clob.config import ClobConfig
from outcry.services.api.config import ApiConfig


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    """Give a running exchange with its HTTP door."""
    async with http_door() as door:
        yield door


async def test_a_login_makes_a_key_once(door: Door) -> None:
    """The first login registers the address and makes its key; a second one is told to derive."""
    ann = Wallet(door, 1)
    made = await door.client.post("/auth/api-key", headers=ann.login_headers())
    assert made.status_code == 200, made.text
    again = await door.client.post("/auth/api-key", headers=ann.login_headers())
    assert (again.status_code, again.json()["error"]) == (400, "Could not create api key")
    derived = await door.client.get("/auth/derive-api-key", headers=ann.login_headers())
    assert derived.json() == made.json()
    other = await door.client.post("/auth/api-key", headers=ann.login_headers(nonce=1))
    assert other.json()["apiKey"] != made.json()["apiKey"]

    await ann.log_in()
    keys = await ann.told("GET", "/auth/api-keys")
    assert set(keys["apiKeys"]) == {made.json()["apiKey"], other.json()["apiKey"]}
    await door.settled()
    users = await door.get("/api/admin/users", door.as_admin())
    assert [user["address"] for user in users["users"] if user["address"]] == [ann.address.lower()]


async def test_a_key_works_before_the_tables_know_it() -> None:
    """Nobody waits for a new key: it is known where it was made."""
    async with http_door(tables_lag_seconds=0.4) as door:
        ann = await Wallet(door, 1).log_in()
        assert (await ann.told("GET", "/auth/ban-status/closed-only")) == {"closed_only": False}


async def test_a_key_that_is_not_there_is_not_derived(door: Door) -> None:
    """Deriving makes nothing: neither a user nor a key."""
    answer = await door.client.get("/auth/derive-api-key", headers=Wallet(door, 1).login_headers())
    assert (answer.status_code, answer.json()["error"]) == (400, "Could not derive api key!")


async def test_a_login_is_for_here_and_now(door: Door) -> None:
    """Another chain, another time, another address and no headers are refused, and say so."""
    ann, now = Wallet(door, 1), int(time.time())
    bad = {
        "LOGIN_INVALID": Wallet(door, 1, chain_id=137).login_headers(),
        "REQUEST_STALE": ann.login_headers(timestamp=now - 600),
        "CREDENTIALS_MISSING": {},
    }
    for name, headers in bad.items():
        answer = await door.client.post("/auth/api-key", headers=headers)
        assert (answer.status_code, answer.json()["name"]) == (401, name)
    foreign = ann.login_headers() | {"POLY_ADDRESS": Wallet(door, 2).address}
    answer = await door.client.post("/auth/api-key", headers=foreign)
    assert answer.json()["error"] == "Invalid L1 Request headers"
    wrong = Wallet(door, 1, chain_id=137).login_headers()
    assert (await door.client.post("/auth/api-key", headers=wrong)).json()["got"] == (
        "one for chain 137"
    )


async def test_a_request_is_signed_whole(door: Door) -> None:
    """Time, method, path, passphrase and key all count; another's key with an own one does not."""
    ann, bob = await Wallet(door, 1).log_in(), await Wallet(door, 2).log_in()
    path = "/auth/api-keys"
    good = ann.headers("GET", path)
    assert (await door.client.get(path, headers=good)).status_code == 200
    theirs = bob.headers("GET", path)
    for name in ("POLY_SIGNATURE", "POLY_PASSPHRASE", "POLY_API_KEY", "POLY_ADDRESS"):
        answer = await door.client.get(path, headers=good | {name: theirs[name]})
        assert (answer.status_code, answer.json()["name"]) == (401, "KEY_INVALID")
        assert answer.json()["error"] == "Unauthorized/Invalid api key"
    for headers in (ann.headers("POST", path), ann.headers("GET", "/auth")):
        assert (await door.client.get(path, headers=headers)).status_code == 401
    late = ann.headers("GET", path, timestamp=int(time.time()) - 61)
    assert (await door.client.get(path, headers=late)).json()["name"] == "REQUEST_STALE"


async def test_a_revoked_key_is_refused_at_once(door: Door) -> None:
    """And the same nonce makes another key then, with other secrets."""
    ann = await Wallet(door, 1).log_in()
    first = ann.creds
    assert (await ann.told("DELETE", "/auth/api-key")) == "OK"
    assert (await ann.refused("GET", "/auth/api-keys"))["name"] == "KEY_INVALID"
    await ann.log_in()
    assert first is not None
    assert ann.creds is not None
    assert ann.creds.api_secret != first.api_secret
    assert await ann.told("GET", "/auth/api-keys") == {"apiKeys": [ann.creds.api_key]}


async def test_a_key_that_reads_only_reads(door: Door) -> None:
    """It needs no signature, is checked by anybody who knows it, and changes nothing."""
    ann = await Wallet(door, 1).log_in()
    key = (await ann.told("POST", "/auth/readonly-api-key"))["apiKey"]
    assert await ann.told("GET", "/auth/readonly-api-keys") == [key]
    reading = {"POLY_ADDRESS": ann.address, "POLY_API_KEY": key}
    assert (await door.client.get("/auth/api-keys", headers=reading)).status_code == 200
    assert (await door.client.delete("/auth/api-key", headers=reading)).status_code == 401
    asked = {"address": ann.address, "key": key}
    valid = await door.client.get("/auth/validate-readonly-api-key", params=asked)
    assert valid.json() is True
    theirs = {"address": Wallet(door, 2).address, "key": key}
    other = await door.client.get("/auth/validate-readonly-api-key", params=theirs)
    assert other.json() is False

    assert await ann.told("DELETE", "/auth/readonly-api-key", {"key": key}) is True
    assert await ann.told("GET", "/auth/readonly-api-keys") == []
    assert (await door.client.get("/auth/api-keys", headers=reading)).status_code == 401
    assert (await ann.refused("DELETE", "/auth/readonly-api-key", {"key": key}))["error"]


async def test_builder_keys(door: Door) -> None:
    """A builder's key is listed with its times, and cannot trade or read for its owner."""
    ann = await Wallet(door, 1).log_in()
    made = await ann.told("POST", "/auth/builder-api-key")
    assert set(made) == {"key", "secret", "passphrase"}
    (listed,) = await ann.told("GET", "/auth/builder-api-key")
    assert listed["key"] == made["key"]
    assert listed["createdAt"].endswith("Z")
    assert (await ann.told("DELETE", "/auth/builder-api-key")) == "OK"
    (listed,) = await ann.told("GET", "/auth/builder-api-key")
    assert listed["revokedAt"]


async def test_a_builder_shows_the_key_itself(door: Door) -> None:
    """Clients of the first generation sign for a builder under other names, without an address."""
    ann = await Wallet(door, 1).log_in()
    made = await ann.told("POST", "/auth/builder-api-key")
    ann.creds = ApiCreds(made["key"], made["secret"], made["passphrase"])

    def headers(method: str, path: str) -> dict[str, str]:
        signed = ann.headers(method, path)
        del signed["POLY_ADDRESS"]
        return {name.replace("POLY_", "POLY_BUILDER_"): value for name, value in signed.items()}

    path = "/builder/trades"
    answer = await door.client.get(path, headers=headers("GET", path))
    assert (answer.status_code, answer.json()["data"]) == (200, [])
    wrong = headers("GET", path) | {"POLY_BUILDER_PASSPHRASE": "00"}
    assert (await door.client.get(path, headers=wrong)).status_code == 401
    # For its owner it does nothing: neither with an address nor without one.
    for signed in (ann.headers("GET", "/data/orders"), {}):
        plain = signed | {"POLY_ADDRESS": ann.address} if signed else headers("GET", "/data/orders")
        assert (await door.client.get("/data/orders", headers=plain)).status_code == 401
    nameless = ann.headers("GET", "/data/orders")
    del nameless["POLY_ADDRESS"]
    assert (await door.client.get("/data/orders", headers=nameless)).status_code == 401

    path = "/auth/builder-api-key"
    assert (await door.client.delete(path, headers=headers("DELETE", path))).json() == "OK"
    assert (await door.client.delete(path, headers=headers("DELETE", path))).status_code == 401


async def test_a_signed_request_names_its_address(door: Door) -> None:
    """A good signature without an address, or with half of one, is nobody's."""
    ann = await Wallet(door, 1).log_in()
    for address in ("", "0x12", Wallet(door, 2).address):
        headers = ann.headers("GET", "/auth/api-keys") | {"POLY_ADDRESS": address}
        assert (await door.client.get("/auth/api-keys", headers=headers)).status_code == 401
    headers = ann.headers("GET", "/auth/api-keys") | {"POLY_ADDRESS": ann.address.lower()}
    assert (await door.client.get("/auth/api-keys", headers=headers)).status_code == 200


async def test_who_guesses_is_locked_out(door: Door) -> None:
    """Wrong keys are counted as on every door, and refused with the time to wait."""
    ann = await Wallet(door, 1).log_in()
    wrong = ann.headers("GET", "/auth/api-keys") | {"POLY_PASSPHRASE": "00"}
    for _ in range(GUESSES_MAX):
        await door.client.get("/auth/api-keys", headers=wrong)
    answer = await ann.ask("GET", "/auth/api-keys")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "60")


async def test_answers_say_what_is_left_of_a_limit(door: Door) -> None:
    """Clients see how many requests and logins they have left."""
    ann = await Wallet(door, 1).log_in()
    answer = await ann.ask("GET", "/auth/api-keys")
    assert {"ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"} <= set(answer.headers)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/order", {}),
        ("POST", "/orders", []),
        ("DELETE", "/order", {"orderID": "0x" + "ab" * 32}),
        ("DELETE", "/orders", ["0x" + "ab" * 32]),
        ("DELETE", "/cancel-all", None),
        ("DELETE", "/cancel-market-orders", {}),
    ],
)
async def test_trading_answers_tell_the_limit_of_the_signer(
    door: Door, method: str, path: str, body: object
) -> None:
    """Every route that enters or cancels orders has the venue's own headers; reads have none."""
    ann = await Wallet(door, 1).log_in()
    await door.settled()
    before = time.time()
    told = (await ann.ask(method, path, body)).headers
    assert 0 < int(told["poly-ratelimit-remaining"]) <= int(told["ratelimit-limit"])
    assert before <= int(told["poly-ratelimit-reset"]) <= time.time() + 1
    assert told["poly-ratelimit-tier"] == "standard"
    read = await ann.ask("GET", "/auth/api-keys")
    assert not [name for name in read.headers if name.startswith("poly-")]


async def test_who_trades_too_often_is_told_when_to_come_back() -> None:
    """A refusal has Retry-After, and a reset that lies in the future."""
    async with http_door(ApiConfig(account_requests_per_second_max=3, clob=ClobConfig())) as door:
        ann = await Wallet(door, 1).log_in()
        await door.settled()
        names = ["0x" + f"{number:064x}" for number in range(3)]
        tried = 0
        before, answer = time.time(), await ann.ask("DELETE", "/orders", names)
        while answer.status_code == 200 and (tried := tried + 1) < 20:
            before, answer = time.time(), await ann.ask("DELETE", "/orders", names)
        assert (answer.status_code, answer.json()["name"]) == (429, "RATE_LIMITED")
        assert answer.headers["retry-after"] == "1"
        assert int(answer.headers["poly-ratelimit-reset"]) >= before + 1


async def test_strangers_may_be_kept_out() -> None:
    """Where nobody is registered by signing in, only a linked address gets a key."""
    async with http_door(ApiConfig(clob=ClobConfig(register=False))) as door:
        answer = await door.client.post("/auth/api-key", headers=Wallet(door, 1).login_headers())
        assert (answer.status_code, answer.json()["name"]) == (404, "USER_UNKNOWN")
