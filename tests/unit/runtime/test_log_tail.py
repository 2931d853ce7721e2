"""The end of the log in the memory of its writer, also when somebody else writes by now."""

from outcry.adapters.memory import MemoryLedgerLog
from outcry.runtime.log_tail import LogTail


async def test_the_head_is_the_logs_and_not_what_this_writer_wrote_last() -> None:
    """After another writer has gone on, head and entries are true; else a stream looks ahead."""
    log = MemoryLedgerLog()
    tail = LogTail(log)
    epoch = (await tail.open(0)).epoch
    await tail.append(epoch, 2, 0, b"ours", [])
    other = await log.open(0)
    await log.append(other.epoch, 4, 0, b"theirs", [])
    assert await tail.head() == 4
    assert [row.body async for row in tail.entries(1, 4)] == [b"ours", b"", b"theirs"]
