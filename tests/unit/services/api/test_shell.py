"""What surrounds every answer: pages of others, caches, compression, limits, and lock-out."""

import gzip
from collections.abc import AsyncIterator

import pytest
from tests.support.http_door import Door, http_door

from outcry.domain.rejects import Reject, Rejected
from outcry.runtime.lockout import (
    GUESSES_MAX,
    LOCKED_SECONDS,
    WINDOW_SECONDS,
    Lockout,
)
from outcry.services.api.config import ApiConfig


@pytest.fixture
async def door() -> AsyncIterator[Door]:
    """Give a running exchange with its HTTP door."""
    async with http_door() as door:
        yield door


async def test_a_public_answer_is_not_sent_twice(door: Door) -> None:
    """The same answer has the same tag and is 304 to whoever has it; a new one has another."""
    await door.event("rain")
    await door.settled()
    first = await door.client.get("/api/events")
    assert first.headers["cache-control"] == "public, max-age=1"
    known = {"if-none-match": first.headers["etag"]}
    again = await door.client.get("/api/events", headers=known)
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]

    await door.event("snow")
    await door.settled()
    changed = await door.client.get("/api/events", headers=known)
    assert (changed.status_code, changed.json()["data"]["total"]) == (200, 2)


async def test_caches_know_what_an_answer_depends_on() -> None:
    """Compression always, and the asking page unless any may ask, whoever asks first."""
    for origins, vary in ((("https://a.example",), "origin, accept-encoding"),
                          (("*",), "accept-encoding")):  # fmt: skip
        async with http_door(ApiConfig(origins=origins)) as door:
            for headers in ({}, {"origin": "https://a.example"}, {"origin": "https://b.example"}):
                answer = await door.client.get("/api/topics", headers=headers)
                assert answer.headers.get_list("vary") == [vary]


async def test_a_head_is_a_get_without_a_body(door: Door) -> None:
    """It has the same headers; the server that sends them keeps the body."""
    get = await door.client.get("/api/topics")
    head = await door.client.head("/api/topics")
    assert head.status_code == 200
    for name in ("etag", "content-length", "content-type", "cache-control"):
        assert head.headers[name] == get.headers[name]
    known = await door.client.head("/api/topics", headers={"if-none-match": "*"})
    assert known.status_code == 304


async def test_refusals_say_how_to_go_on(door: Door) -> None:
    """401 how to sign in, 405 what may be done, a long body its length."""
    unknown = await door.client.get("/api/order_history")
    assert (unknown.status_code, unknown.headers["www-authenticate"]) == (401, "Bearer")
    assert int(unknown.headers["ratelimit-remaining"]) > 0
    wrong = await door.client.post("/api/topics", json={})
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "GET, OPTIONS")
    wrong = await door.client.get("/api/admin/keys/1/rotate")
    assert (wrong.status_code, wrong.json()["data"]["expected"]) == (405, "OPTIONS, POST")
    await door.user("ann")
    long = b"x" * 2_000_000
    large = await door.client.post("/api/split", content=long, headers=door.as_user("ann"))
    assert large.json()["data"]["got"] == f"{len(long)} bytes"
    by_key = await door.client.get("/api/user_data", headers={"x-api-key": "ok_1_1_x"})
    assert by_key.json()["data"]["expected"] == "Authorization: Bearer <jwt>"


async def test_who_asks_for_what_is_not_written_is_told_when_to_come_again() -> None:
    """A read after an entry that does not come is 503 with a Retry-After."""
    async with http_door(ApiConfig(read_wait_ms_max=2_000)) as door:
        await door.user("ann")
        late = await door.client.get(
            "/api/order_history", params={"after": 10**9}, headers=door.as_user("ann")
        )
        assert (late.status_code, late.headers["retry-after"]) == (503, "1")


async def test_answers_for_one_user_are_never_stored(door: Door) -> None:
    """Private and refused answers say so, and have no tag."""
    await door.user("ann")
    for answer in (
        await door.client.get("/api/order_history", headers=door.as_user("ann")),
        await door.client.get("/api/user_data", headers=door.as_user("ann")),
        await door.client.get("/api/order_history"),
    ):
        assert answer.headers["cache-control"] == "no-store"
        assert "etag" not in answer.headers
    missing = await door.client.get("/api/event_detail", params={"event_id": 9})
    assert (missing.status_code, "etag" in missing.headers) == (404, False)


async def test_long_answers_are_compressed_for_those_who_can_read_it(door: Door) -> None:
    """The body is the same; its length is that of what is sent; short ones stay as they are."""
    await door.event("rain")
    plain = await door.client.get("/docs/openapi.json", headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    async with door.client.stream(
        "GET", "/docs/openapi.json", headers={"accept-encoding": "gzip"}
    ) as packed:
        raw = b"".join([part async for part in packed.aiter_raw()])
    assert packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) == len(raw) < len(plain.content) // 4
    assert gzip.decompress(raw) == plain.content
    short = await door.client.get("/api/topics", headers={"accept-encoding": "gzip"})
    assert "content-encoding" not in short.headers


async def test_pages_of_allowed_origins_may_ask() -> None:
    """A preflight and an answer name the origin; another origin gets neither."""
    home, other = "https://market.example", "https://other.example"
    asked = {"access-control-request-method": "POST"}
    async with http_door(ApiConfig(origins=(home,))) as door:
        good = await door.client.options("/api/place_order", headers=asked | {"origin": home})
        assert good.status_code == 204
        assert good.headers["access-control-allow-origin"] == home
        assert "idempotency-key" in good.headers["access-control-allow-headers"]
        bad = await door.client.options("/api/place_order", headers=asked | {"origin": other})
        assert (bad.status_code, "access-control-allow-origin" in bad.headers) == (403, False)
        for origin, allowed in ((home, True), (other, False)):
            answer = await door.client.get("/api/topics", headers={"origin": origin})
            assert answer.status_code == 200
            assert ("access-control-allow-origin" in answer.headers) is allowed
    async with http_door() as door:
        answer = await door.client.get("/api/topics", headers={"origin": other})
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "ratelimit-remaining" in answer.headers["access-control-expose-headers"]


async def test_answers_say_what_is_left_of_the_limit() -> None:
    """Visitors by address, users by themselves, API keys by key; none takes from another."""
    config = ApiConfig(account_requests_per_second_max=50, address_requests_per_second_max=40)
    async with http_door(config) as door:
        user = await door.user("ann")
        made = await door.post(
            "/api/admin/keys", {"user_id": user, "scopes": ["read"]}, door.as_admin()
        )
        visit = await door.client.get("/api/topics")
        assert visit.headers["ratelimit-limit"] == "40"
        assert int(visit.headers["ratelimit-remaining"]) < 40
        assert visit.headers["ratelimit-reset"] in ("0", "1")
        by_token = await door.client.get("/api/order_history", headers=door.as_user("ann"))
        by_key = await door.client.get("/api/order_history", headers={"x-api-key": made["api_key"]})
        for answer in (by_token, by_key):
            assert answer.headers["ratelimit-limit"] == "50"
            assert int(answer.headers["ratelimit-remaining"]) >= 48


async def test_who_guesses_is_not_listened_to(door: Door) -> None:
    """After many wrong keys from one address even a good one is refused for a while."""
    await door.user("ann")
    for _ in range(GUESSES_MAX):
        wrong = await door.client.get(
            "/api/order_history", headers={"x-api-key": f"ok_1_1_{'a' * 32}"}
        )
        assert wrong.json()["data"]["reject"] == Reject.KEY_INVALID
    for path, headers in (
        ("/api/order_history", door.as_user("ann")),
        ("/api/user_data", door.as_user("new")),
        ("/api/admin/users", door.as_admin()),
    ):
        locked = await door.client.get(path, headers=headers)
        assert (locked.status_code, locked.json()["data"]["name"]) == (429, "GUESSING"), path
        assert locked.headers["retry-after"] == str(int(LOCKED_SECONDS))
    assert (await door.client.get("/api/topics")).status_code == 200


def test_a_lock_ends_and_mistakes_do_not_count() -> None:
    """Time opens the lock and forgets old guesses; expired tokens never close it."""
    now = [0.0]
    lockout = Lockout(lambda: now[0])
    guess = Rejected(Reject.TOKEN_INVALID)
    for _ in range(GUESSES_MAX - 1):
        lockout.note("a", guess)
    for _ in range(GUESSES_MAX):
        lockout.note("a", Rejected(Reject.TOKEN_EXPIRED))
        lockout.note("b", Rejected(Reject.CREDENTIALS_MISSING))
    assert lockout.check("a") is None
    now[0] = WINDOW_SECONDS
    lockout.note("a", guess)
    assert lockout.check("a") is None
    for _ in range(GUESSES_MAX):
        lockout.note("a", guess)
    assert lockout.check("a") is not None
    assert lockout.check("b") is None
    now[0] += LOCKED_SECONDS
    assert lockout.check("a") is None
