"""Packed log entries: read as a whole or only the part that a reader needs."""

import pytest

from outcry.domain.errors import CorruptError
from outcry.messages.entry import (
    ENTRY_VERSION,
    NO_EVENTS,
    Commands,
    Decision,
    Entry,
    Facts,
    Recorded,
    pack_entry,
    packed_events,
    unpack_entry,
    unpack_items,
)
from outcry.messages.ledger_records import UserCreated
from outcry.messages.user_events import BalanceState, UserBatch, pack_batches, unpack_batches


ENTRY = Entry(
    ENTRY_VERSION,
    1_700,
    [
        Commands(0, b"cc", [Decision(5, 0, "mine", b"d")]),
        Facts(1, b"ff"),
        Recorded(UserCreated(1, 0, 1, 1000, "ann", "", "")),
    ],
    [UserBatch(7, 3, [BalanceState(1000, 10, 4)]), UserBatch(8, 0, [])],
)


def test_the_parts_are_those_of_the_whole() -> None:
    """Items and events read alone are what reading the whole entry gives."""
    body = pack_entry(ENTRY)

    assert unpack_entry(body) == ENTRY
    assert unpack_items(body) == ENTRY.items
    assert packed_events(body) == pack_batches(ENTRY.events)
    assert unpack_batches(packed_events(body)) == ENTRY.events


def test_an_entry_without_events_has_the_same_bytes_for_none() -> None:
    """`NO_EVENTS` is what an entry without news carries and what a stream gets for it."""
    body = pack_entry(Entry(ENTRY_VERSION, 1, [], []))

    assert packed_events(body) == NO_EVENTS == pack_batches([])


@pytest.mark.parametrize("read", [unpack_entry, unpack_items, packed_events])
def test_no_reader_takes_what_it_does_not_know(read: object) -> None:
    """A cut entry and one of another version are refused by every reader."""
    assert callable(read)
    for body in (pack_entry(ENTRY)[:-1], pack_entry(Entry(ENTRY_VERSION + 1, 1, [], []))):
        with pytest.raises(CorruptError):
            read(body)
