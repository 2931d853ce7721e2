"""The right to write on a real PostgreSQL: one holder, gone with its session, taken by force."""

import pytest

from outcry.adapters.postgres import PostgresLedgerLog
from outcry.ports.ledger_log import CommitUnknown, Stale


async def test_one_holds_it_until_its_session_ends(database: str) -> None:
    """A second handle is told no while the first lives, whatever it does, and yes afterwards."""
    first, second = [await PostgresLedgerLog.connect(database) for _ in range(2)]
    try:
        assert await first.claim()
        assert not await second.claim()
        opened = await first.open(0)
        await first.append(opened.epoch, 2, 0, b"entry", [])
        assert not await second.claim()

        await first.close()

        assert await second.claim()
        assert (await second.open(0)).epoch == 2
    finally:
        await second.close()


async def test_by_force_the_holder_loses_its_session_and_the_log(database: str) -> None:
    """Whoever had fallen silent finds its connection gone, and is Stale on a new one."""
    first, second, third = [await PostgresLedgerLog.connect(database) for _ in range(3)]
    try:
        assert await first.claim()
        opened = await first.open(0)

        assert await second.claim(by_force=True)
        newer = await second.open(0)

        with pytest.raises((CommitUnknown, Stale)):
            await first.append(opened.epoch, 2, 0, b"late", [])
        assert not await first.claim()
        with pytest.raises(Stale):
            await first.append(opened.epoch, 3, 0, b"later", [])
        assert not await third.claim()
        await second.append(newer.epoch, 3, 0, b"right", [])
        assert [row.body async for row in third.entries(0)] == [b"", b"", b"right"]
    finally:
        for log in (first, second, third):
            await log.close()
