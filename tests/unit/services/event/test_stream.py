"""Events and markets from an operator's own stream: taken once, in order, never twice."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from msgspec import json
from tests.support.http_door import Door, http_door

from outcry.adapters.memory import MemoryInbox
from outcry.ports.inbox import BEGINNING
from outcry.services.event.stream import EventStream


CUP = {
    "type": "EventCreate",
    "event_identifier": "cup",
    "title": "Who wins?",
    "topic": "sport",
    "markets": [
        {"market_identifier": "reds", "question": "Reds?"},
        {"market_identifier": "blues", "question": "Blues?", "dispute_window": 3_600},
    ],
}


class Outside:
    """An operator's system and what takes its messages in."""

    def __init__(self, door: Door) -> None:
        self.door = door
        self.inbox = MemoryInbox()
        self.stream = self.reader()

    def reader(self) -> EventStream:
        """Return a reader of the stream, as a process has that has just begun."""
        return EventStream(self.inbox, "admin", self.door.venue.asset, self.door.queries)

    async def says(self, *messages: dict[str, Any] | bytes) -> None:
        """Put messages on the stream and let them be taken in."""
        for said in messages:
            self.inbox.put(said if isinstance(said, bytes) else json.encode(said))
        for message in await self.inbox.read(self.stream._place, 100, 0):
            await self.stream.take(message)
        await self.door.settled()

    async def states(self, event_id: int = 1) -> dict[str, str]:
        """Return the state of each market by its question."""
        detail = await self.door.get("/api/event_detail", event_id=event_id)
        return {market["question"]: market["state"] for market in detail["markets"]}

    def taken(self) -> tuple[int, int]:
        """Return how many messages were taken in, and how many of them refused."""
        status = self.stream.status()
        return status["taken_total"], status["refused_total"]


@asynccontextmanager
async def outside() -> AsyncIterator[Outside]:
    """Run an exchange with a stream from outside."""
    async with http_door() as door:
        made = Outside(door)
        await made.stream.start()
        yield made


async def test_events_are_created_extended_and_closed() -> None:
    """Winners resolve, or are proposed where there is a dispute window; repeats change nothing."""
    async with outside() as system:
        greens = {"market_identifier": "greens", "question": "Greens?"}
        await system.says(
            CUP, {"type": "MarketAdd", "event_identifier": "cup", "market": greens}, CUP
        )
        assert await system.states() == {"Reds?": "open", "Blues?": "open", "Greens?": "open"}
        await system.says(
            {"type": "MarketClose", "event_identifier": "cup", "market_identifier": "greens",
             "winner": "No"},
        )  # fmt: skip
        ends = [
            {"market_identifier": "reds", "winner": "Yes"},
            {"market_identifier": "blues", "payout": ["0.5", "0.5"]},
        ]
        close = {"type": "EventClose", "event_identifier": "cup", "markets": ends}
        await system.says(close, close)
        assert await system.states() == {
            "Reds?": "resolved",
            "Blues?": "proposed",
            "Greens?": "resolved",
        }
        assert system.taken() == (6, 0)


async def test_what_cannot_be_done_is_left_behind() -> None:
    """Noise, unknown names and contradictions stop nothing that comes after them."""
    async with outside() as system:
        await system.says(
            b"",
            b"{",
            {"type": "EventDelete", "event_identifier": "cup"},
            {"type": "MarketClose", "event_identifier": "none", "market_identifier": "x",
             "winner": "Yes"},
            CUP,
            CUP | {"title": "Other"},
            {"type": "EventClose", "event_identifier": "cup",
             "markets": [{"market_identifier": "none", "winner": "Yes"},
                         {"market_identifier": "reds", "winner": "Maybe"},
                         {"market_identifier": "reds", "winner": "Yes"}]},
        )  # fmt: skip
        assert system.taken() == (7, 6)
        assert (await system.states())["Reds?"] == "resolved"


async def test_a_reader_goes_on_where_the_ledger_says() -> None:
    """The cursor is in the log: a new reader begins behind what was taken in, not before."""
    async with outside() as system:
        await system.says(CUP)
        second = system.reader()
        await second.start()
        assert second._place == system.stream._place > BEGINNING
        assert await system.inbox.read(second._place, 10, 0) == []
        assert system.door.venue.asset.ledger.inputs == {"admin": second._place}


async def test_a_message_that_was_taken_before_a_crash_changes_nothing_again() -> None:
    """Between the deed and the cursor a process may die: the message is carried out again."""
    async with outside() as system:
        await system.says(CUP)
        (message,) = await system.inbox.read(BEGINNING, 10, 0)
        head = len(system.door.venue.asset.ledger.events)
        await system.stream.take(message)
        assert len(system.door.venue.asset.ledger.events) == head
        assert system.taken() == (2, 0)
