"""The laws of the inbox, for every adapter."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import pytest
import redis.asyncio

from outcry.adapters.memory import MemoryInbox
from outcry.adapters.redis import RedisInbox
from outcry.ports.inbox import BEGINNING, Inbox, InboxUnavailable


@dataclass
class World:
    """An inbox, and how somebody outside puts a message into it."""

    inbox: Inbox
    put: Callable[[bytes], Awaitable[object]]


@pytest.fixture
async def world(redis_url: str | None) -> AsyncIterator[World]:
    """Give an empty inbox."""
    if redis_url is None:
        memory = MemoryInbox()

        async def put(body: bytes) -> object:
            return memory.put(body)

        yield World(memory, put)
        return
    server = redis.asyncio.Redis.from_url(redis_url)
    inbox = RedisInbox(redis_url, "from-outside")

    async def add(body: bytes) -> object:
        return await server.xadd("from-outside", {"other": b"x", "data": body})

    try:
        yield World(inbox, add)
    finally:
        await server.delete("from-outside")
        await server.aclose()
        await inbox.close()


async def test_messages_come_in_order_and_again(world: World) -> None:
    """Places rise; reading above one leaves out what is not, and removes nothing."""
    for number in range(5):
        await world.put(b"message %d" % number)
    first = await world.inbox.read(BEGINNING, 3, 0)
    rest = await world.inbox.read(first[-1].place, 10, 0)

    assert [one.body for one in (*first, *rest)] == [b"message %d" % n for n in range(5)]
    places = [one.place for one in (*first, *rest)]
    assert places == sorted(set(places))
    assert await world.inbox.read(BEGINNING, 3, 0) == first
    assert await world.inbox.read(places[-1], 3, 0) == []


async def test_reading_waits_for_the_first_message(world: World) -> None:
    """A reader that waits gets what is put meanwhile, and nothing when nothing comes."""
    assert await world.inbox.read(BEGINNING, 10, 20) == []
    reading = asyncio.create_task(world.inbox.read(BEGINNING, 10, 5_000))
    await asyncio.sleep(0.05)
    await world.put(b"late")
    assert [one.body for one in await reading] == [b"late"]


async def test_a_server_that_is_not_there_is_said(tmp_path: object) -> None:
    """Nothing comes from nowhere but `InboxUnavailable`."""
    inbox = RedisInbox(f"unix://{tmp_path}/none.sock", "from-outside")
    with pytest.raises(InboxUnavailable):
        await inbox.read(BEGINNING, 1, 0)
    await inbox.close()


async def test_an_entry_without_the_field_is_empty(redis_url: str | None) -> None:
    """Another writer's entry is a message without content: whoever reads it can refuse it."""
    if redis_url is None:
        pytest.skip("memory has no fields")
    server = redis.asyncio.Redis.from_url(redis_url)
    inbox = RedisInbox(redis_url, "strange")
    await server.xadd("strange", {"something": "else"})
    assert [one.body for one in await inbox.read(BEGINNING, 5, 0)] == [b""]
    await server.delete("strange")
    await server.aclose()
    await inbox.close()
