"""The laws of the ledger log, for every adapter."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from tests.contract.entries import commands, entry, facts
from tests.contract.worlds import LogWorld

from outcry.ports.ledger_log import Archived, LedgerLog, Opened, Row, Segment, Span, Stale


Run = tuple[int, int, bytes]


async def append_spans(log: LedgerLog, opened: Opened, *entries: tuple[Span, ...]) -> None:
    """Append one entry for each tuple of spans, after the fence."""
    for number, spans in enumerate(entries, opened.head + 1):
        await log.append(opened.epoch, number, 0, entry(*spans), spans)


async def listed(runs: AsyncIterator[Run]) -> list[Run]:
    """Return what *runs* yields."""
    return [run async for run in runs]


async def rows(log: LedgerLog, after: int, upto: int | None = None) -> list[Row]:
    """Return the rows as a list."""
    return [row async for row in log.entries(after, upto)]


async def test_a_log_begins_with_the_fence_of_its_first_writer(log_world: LogWorld) -> None:
    """An empty log has head 0; opening it appends the empty entry 1 of epoch 1."""
    log = await log_world.log()
    assert await log.head() == 0
    assert await rows(log, 0) == []

    assert await log.open(77) == Opened(1, 1)

    assert await log.head() == 1
    assert await rows(log, 0) == [Row(1, 1, 77, b"")]


async def test_what_was_appended_is_read_by_everybody(log_world: LogWorld) -> None:
    """Once append returned, every handle reads the entry with every byte of its body."""
    writer = await log_world.log()
    epoch = (await writer.open(1)).epoch
    body = bytes(range(256)) * 40

    await writer.append(epoch, 2, 5, body, [])
    await writer.append(epoch, 3, 6, b"", [])

    reader = await log_world.log()
    assert await reader.head() == 3
    assert await rows(reader, 1) == [Row(2, epoch, 5, body), Row(3, epoch, 6, b"")]


async def test_numbers_have_no_gap_and_no_repeat(log_world: LogWorld) -> None:
    """An entry whose number is not head + 1 is Stale and writes nothing, and the next is taken."""
    log = await log_world.log()
    epoch = (await log.open(0)).epoch
    await log.append(epoch, 2, 0, b"a", [])

    for n in (1, 2, 4, 100):
        with pytest.raises(Stale):
            await log.append(epoch, n, 0, b"b", [Span(0, "c", 1, 1)])
    await log.append(epoch, 3, 0, b"c", [Span(0, "c", 1, 1)])

    assert [row.body for row in await rows(log, 1)] == [b"a", b"c"]


async def test_a_writer_of_an_older_epoch_appends_never_again(log_world: LogWorld) -> None:
    """After somebody opened the log, the writer before is Stale with every number it may try."""
    old, new = await log_world.log(), await log_world.log()
    old_epoch = (await old.open(0)).epoch
    await old.append(old_epoch, 2, 0, b"old", [])

    opened = await new.open(0)

    assert opened == Opened(3, old_epoch + 1)
    for n in (2, 3, 4, 5):
        with pytest.raises(Stale):
            await old.append(old_epoch, n, 0, b"late", [])
    await new.append(opened.epoch, 4, 0, b"new", [])
    with pytest.raises(Stale):
        await old.append(old_epoch, 5, 0, b"late", [])
    assert [row.body for row in await rows(new, 0)] == [b"", b"old", b"", b"new"]


async def test_an_epoch_from_the_future_is_stale(log_world: LogWorld) -> None:
    """Only the newest epoch appends, not one that nobody opened."""
    log = await log_world.log()
    opened = await log.open(0)

    with pytest.raises(Stale):
        await log.append(opened.epoch + 1, 2, 0, b"x", [])

    assert await log.head() == 1


async def test_two_writers_race_and_one_history_remains(log_world: LogWorld) -> None:
    """Of writers that each believe to be the only one, one goes on and the other gets Stale."""
    logs = [await log_world.log() for _ in range(2)]
    kept: dict[int, list[int]] = {0: [], 1: []}

    async def write(number: int) -> None:
        opened = await logs[number].open(0)
        try:
            for n in range(opened.head + 1, opened.head + 200):
                await logs[number].append(opened.epoch, n, 0, bytes([number]), [])
                kept[number].append(n)
                await asyncio.sleep(0)
        except Stale:
            pass

    await asyncio.gather(write(0), write(1))

    found = await rows(logs[0], 0)
    assert [row.n for row in found] == list(range(1, len(found) + 1))
    assert [row.epoch for row in found] == sorted(row.epoch for row in found)
    for number in (0, 1):
        assert [row.n for row in found if row.body == bytes([number])] == kept[number]
    assert max(len(kept[0]), len(kept[1])) == 199


async def test_entries_are_read_in_a_range(log_world: LogWorld) -> None:
    """Rows above `after` come up to and with `upto`, by default the head as of the call."""
    log = await log_world.log()
    epoch = (await log.open(0)).epoch
    for n in range(2, 8):
        await log.append(epoch, n, 0, str(n).encode(), [])

    assert [row.n for row in await rows(log, 3)] == [4, 5, 6, 7]
    assert [row.n for row in await rows(log, 3, 5)] == [4, 5]
    assert [row.n for row in await rows(log, 5, 100)] == [6, 7]
    assert await rows(log, 7) == []
    assert await rows(log, 90) == []


async def test_entries_appended_while_reading_are_left_for_the_next_call(
    log_world: LogWorld,
) -> None:
    """A reader that is slower than the writer still comes to an end."""
    log = await log_world.log()
    epoch = (await log.open(0)).epoch
    read = []
    async for row in log.entries(0):
        read.append(row.n)
        await log.append(epoch, row.n + 1, 0, b"", [])

    assert read == [1]


async def test_a_long_log_is_read_whole(log_world: LogWorld) -> None:
    """However many and however large the entries, each comes once, in order."""
    log = await log_world.log()
    epoch = (await log.open(0)).epoch
    sizes = [3_000_000, 10, 2_000_000, 2_000_000, *([50] * 40), 5_000_000]
    for n, size in enumerate(sizes, 2):
        await log.append(epoch, n, 0, bytes([n % 251]) * size, [])

    number = 1
    async for row in log.entries(1):
        number += 1
        assert (row.n, row.body[:1], len(row.body)) == (
            number,
            bytes([number % 251]),
            sizes[number - 2],
        )
    assert number == len(sizes) + 1


async def test_commands_and_facts_are_found_by_shard_and_seq(log_world: LogWorld) -> None:
    """Each shard and kind reads as one sequence, whatever lies between or beside it."""
    log = await log_world.log()
    await append_spans(
        log,
        await log.open(0),
        (Span(0, "c", 1, 3),),
        (Span(1, "c", 1, 1), Span(0, "f", 1, 2)),
        (),
        (Span(0, "c", 4, 4), Span(0, "f", 3, 3), Span(0, "c", 5, 9), Span(1, "f", 1, 1)),
    )

    assert await listed(log.commands(0, 0)) == [
        (1, 3, commands(1, 3)),
        (4, 4, commands(4, 4)),
        (5, 9, commands(5, 9)),
    ]
    assert await listed(log.facts(0, 0)) == [(1, 2, facts(1, 2)), (3, 3, facts(3, 3))]
    assert await listed(log.commands(1, 0)) == [(1, 1, commands(1, 1))]
    assert await listed(log.facts(1, 0)) == [(1, 1, facts(1, 1))]
    assert await listed(log.facts(2, 0)) == []


async def test_bodies_are_cut_to_begin_right_after_the_position(log_world: LogWorld) -> None:
    """The first run begins at after + 1, also inside an entry; at the end there is none."""
    log = await log_world.log()
    await append_spans(log, await log.open(0), (Span(0, "c", 1, 5),), (Span(0, "c", 6, 8),))

    assert await listed(log.commands(0, 3)) == [(4, 5, commands(4, 5)), (6, 8, commands(6, 8))]
    assert await listed(log.commands(0, 5)) == [(6, 8, commands(6, 8))]
    assert await listed(log.commands(0, 7)) == [(8, 8, commands(8, 8))]
    assert await listed(log.commands(0, 8)) == []


async def test_applied_is_the_last_committed_fact(log_world: LogWorld) -> None:
    """It counts facts of the shard only, and starts at 0."""
    log = await log_world.log()
    assert await log.applied(0) == 0

    await append_spans(
        log, await log.open(0), (Span(0, "c", 1, 9),), (Span(0, "f", 1, 4), Span(1, "f", 1, 2))
    )

    assert await log.applied(0) == 4
    assert await log.applied(1) == 2
    assert await log.applied(2) == 0


async def test_what_was_applied_can_be_asked_as_of_an_entry(log_world: LogWorld) -> None:
    """As of an entry, only facts in it and before it count."""
    log = await log_world.log()
    await append_spans(log, await log.open(0), (Span(0, "f", 1, 4),), (), (Span(0, "f", 5, 9),))

    assert [await log.applied(0, at) for at in (0, 1, 2, 3, 4, 99)] == [0, 0, 4, 4, 9, 9]


async def test_the_right_to_write_is_free_when_nobody_has_it(log_world: LogWorld) -> None:
    """A process that asks first gets it, and may ask again; then it opens the log as ever."""
    log = await log_world.log()

    assert await log.claim()
    assert await log.claim()

    assert await log.open(7) == Opened(1, 1)
    await log.append(1, 2, 0, entry(), [])


async def test_spans_are_listed_entry_by_entry(log_world: LogWorld) -> None:
    """What was appended beside an entry is listed with its number, of what is here."""
    log = await log_world.log()
    one, two = (Span(1, "f", 1, 2), Span(0, "c", 1, 3)), (Span(0, "f", 1, 3),)
    await append_spans(log, await log.open(0), one, (), two)

    listed_upto = {upto: [span async for span in log.spans(upto)] for upto in (1, 3, 9)}

    assert listed_upto[1] == []
    assert listed_upto[3] == [(2, one[1]), (2, one[0])]
    assert listed_upto[9] == [*listed_upto[3], (4, two[0])]
    await log.forget(Segment(1, 2, ""), 0)
    assert [span async for span in log.spans(9)] == [(4, two[0])]


async def test_what_was_archived_is_let_go_of(log_world: LogWorld) -> None:
    """Reading what is gone says where it is; what is left is read, and written, as ever."""
    log = await log_world.log()
    opened = await log.open(0)
    spans = [(Span(0, "c", n, n), Span(0, "f", n, n)) for n in range(1, 6)]
    await append_spans(log, opened, *spans)
    assert await log.archived() is None

    await log.forget(Segment(1, 4, "abc"), 5)

    reader = await log_world.log()
    assert await reader.archived() == Segment(1, 4, "abc")
    for after in (0, 3):
        with pytest.raises(Archived) as gone:
            await rows(reader, after)
        assert gone.value.newest == Segment(1, 4, "abc")
    assert [row.n for row in await rows(reader, 4)] == [5, 6]
    for read in (reader.commands, reader.facts):
        with pytest.raises(Archived):
            await listed(read(0, 2))
        assert [run[:2] for run in await listed(read(0, 3))] == [(4, 4), (5, 5)]
    assert await reader.applied(0) == 5
    await log.append(opened.epoch, 7, 0, b"", [])
    assert await reader.head() == 7


async def test_runs_that_are_archived_are_named_so_whatever_comes_next(log_world: LogWorld) -> None:
    """An archived run is no gap, also when entries without any of its kind lie behind it."""
    log = await log_world.log()
    await append_spans(
        log, await log.open(0), (Span(0, "c", 1, 2),), (), (), (Span(0, "c", 3, 4),), ()
    )

    await log.forget(Segment(1, 2, "abc"), 5)

    with pytest.raises(Archived):
        await listed(log.commands(0, 0))
    assert [run[:2] for run in await listed(log.commands(0, 2))] == [(3, 4)]


async def test_the_newest_run_may_be_archived(log_world: LogWorld) -> None:
    """Nothing of its kind was appended since: it is in the archive, and behind it is nothing."""
    log = await log_world.log()
    await append_spans(log, await log.open(0), (Span(0, "f", 1, 2), Span(0, "c", 1, 2)), (), ())

    await log.forget(Segment(1, 2, "abc"), 5)

    for read in (log.commands, log.facts):
        with pytest.raises(Archived):
            await listed(read(0, 1))
        assert await listed(read(0, 2)) == []


async def test_segments_follow_each_other_and_leave_the_head(log_world: LogWorld) -> None:
    """A segment out of order, or with the newest entry in it, is refused and nothing is gone."""
    log = await log_world.log()
    await append_spans(log, await log.open(0), (), ())

    for wrong in (Segment(2, 2, ""), Segment(1, 3, ""), Segment(1, 9, "")):
        with pytest.raises(ValueError, match="does not follow"):
            await log.forget(wrong, 0)
    await log.forget(Segment(1, 1, ""), 0)
    with pytest.raises(ValueError, match="does not follow"):
        await log.forget(Segment(1, 2, ""), 0)

    assert [row.n for row in await rows(log, 1)] == [2, 3]


async def test_spans_of_an_entry_that_was_refused_are_not_there(log_world: LogWorld) -> None:
    """Entry and spans come together or not at all."""
    log = await log_world.log()
    opened = await log.open(0)

    with pytest.raises(Stale):
        await log.append(opened.epoch, 9, 0, entry(), [Span(0, "f", 1, 50)])

    assert await log.applied(0) == 0


async def test_a_waiting_reader_wakes_for_the_next_entry(log_world: LogWorld) -> None:
    """A wait for more than the head returns when a writer, here or elsewhere, appends."""
    writer, reader = await log_world.log(), await log_world.log()
    epoch = (await writer.open(0)).epoch
    waits = [asyncio.create_task(log.wait(1, 60_000)) for log in (writer, reader, reader)]
    await asyncio.sleep(0.05)
    assert not any(wait.done() for wait in waits)

    await writer.append(epoch, 2, 0, b"", [])

    assert await asyncio.gather(*waits) == [2, 2, 2]


async def test_a_wait_returns_at_once_or_when_the_time_is_up(log_world: LogWorld) -> None:
    """What is already there is not waited for, and what never comes not for ever."""
    log = await log_world.log()
    await log.open(0)

    assert await log.wait(0, 60_000) == 1
    assert await log.wait(1, 0) == 1
    assert await log.wait(1, 20) == 1
    assert await log.wait(500, 20) == 1


async def test_a_timeline_begins_when_an_operator_says_so(log_world: LogWorld) -> None:
    """Timelines count from 1, and every handle sees the newest."""
    log = await log_world.log()
    assert await log.timeline() == 1

    assert await log.start_timeline("disk lost", 5) == 2

    assert await (await log_world.log()).timeline() == 2


async def test_reading_goes_on_while_a_writer_writes(log_world: LogWorld) -> None:
    """Neither of the two waits for the other: both finish."""
    log, reader = await log_world.log(), await log_world.log()
    epoch = (await log.open(0)).epoch

    async def write() -> None:
        for n in range(2, 102):
            await log.append(epoch, n, 0, b"x", [Span(0, "c", n - 1, n - 1)])

    async def read() -> None:
        position = 1
        while position < 101:
            async for row in reader.entries(position):
                assert row.n == position + 1
                position = row.n
            await asyncio.sleep(0)

    await asyncio.gather(write(), read())
