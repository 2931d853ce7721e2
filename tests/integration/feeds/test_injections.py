"""Injection on every socket: texts that mean something to a database, a page, a log or a shell."""

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from tests.support.feeds import FeedClient, Feeds, feeds
from websockets.exceptions import ConnectionClosed
from websockets.frames import CloseCode


EVIL = (
    "'; DROP TABLE users; --",
    "1 OR 1=1",
    '"}, {"success": true',
    "<script>alert(1)</script>",
    "${jndi:ldap://x/a}",
    "$(touch /tmp/x)",
    "../../secrets/master.key",
    "\u0000",
    "\r\nEvent: forged",
    "\u202eevil",
    "%s%n{0}{x!r}",
    "7" * 5_000,
    "\ud800",
    "é" * 300,
)
#: What JSON does not take, or takes too long.
RAW = ("[" * 15_000, '{"a":' * 3_000, r'{"\ud800":1}', '{"action":1e999}')
NUMBERS = (-1, 0, 2**63, 10**40, 1e308, True, None, [1], {"$gt": 0})
PLACES: dict[str, list[Any]] = {
    "/depth": [
        {"action": "subscribe", "event_id": 1, "market_id": 1},
        {"action": "subscribe", "event_id": 1, "market_id": 1, "update_id": 1},
        {"action": "subscribe", "channel": "ticker", "event_id": 1, "market_id": 1},
    ],
    "/user": [{"auth": "x"}, {"api_key": "x"}, {"auth": "x", "after": 1}],
    "/ws/market": [
        {"type": "market", "assets_ids": ["1"]},
        {"operation": "subscribe", "assets_ids": ["1"]},
    ],
    "/ws/user": [
        {
            "type": "user",
            "auth": {"apiKey": "x", "secret": "x", "passphrase": "x"},
            "markets": ["x"],
        }
    ],
}


def spoilt(message: Any) -> Iterator[Any]:
    """Yield *message* with every value, however deep, replaced by each evil one."""
    evil: list[object] = [*EVIL, *NUMBERS]
    if isinstance(message, dict):
        for name, value in message.items():
            yield from ({**message, name: worse} for worse in spoilt(value))
        yield from ({**message, text: 1} for text in EVIL)
    elif isinstance(message, list):
        for worse in spoilt(message[0]):
            yield [worse]
    else:
        yield from evil


@pytest.fixture
async def running() -> AsyncIterator[Feeds]:
    """Give feeds of an exchange with one market."""
    async with feeds() as made:
        await made.door.event()
        yield made


async def heard(client: FeedClient, said: str) -> list[dict[str, Any]]:
    """Say something, then `ping`; return what is answered before `pong`, or the close code."""
    await client.socket.send(said)
    await client.socket.send("ping")
    answers: list[dict[str, Any]] = []
    while True:
        text = await client.socket.recv()
        if str(text).lower() == "pong":
            return answers
        answers.append(json.loads(text))


@pytest.mark.parametrize("path", PLACES)
async def test_evil_texts_are_only_texts(running: Feeds, path: str) -> None:
    """Each is refused in JSON of a bounded length, or ends its own connection for a broken rule."""
    for message in PLACES[path]:
        for said in (*RAW, *map(json.dumps, spoilt(message))):
            async with running.client(path) as client:
                try:
                    answers = await heard(client, said)
                except ConnectionClosed:
                    code, reason = await client.ends()
                    assert (code, bool(reason)) == (CloseCode.POLICY_VIOLATION, True), said[:200]
                    continue
            for answer in answers:
                assert len(json.dumps(answer)) < 2_000, said[:200]
    async with running.visitor() as client:
        assert "depths" in await client.follow(1, 1)
