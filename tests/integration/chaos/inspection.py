"""What must be true of the log and the tables after every recovery."""

import asyncio
from collections import Counter

from outcry.adapters.postgres import PostgresLedgerLog, PostgresProjection
from outcry.app.verify.run import verify
from outcry.messages.entry import Commands, unpack_entry
from outcry.messages.user_events import FillDone


#: A fill as its owner sees it: trade, number in the trade, order.
Fill = tuple[int, int, int]


def inspect(dsn: str, answered: dict[str, int], seen: set[Fill]) -> tuple[list[str], str]:
    """Return what is wrong, and a line about what was looked at.

    *answered* are the order ids that clients were given for their names, *seen* the fills that
    anybody was told of.
    """
    return asyncio.run(_inspect(dsn, answered, seen))


async def _inspect(dsn: str, answered: dict[str, int], seen: set[Fill]) -> tuple[list[str], str]:
    log = await PostgresLedgerLog.connect(dsn)
    tables = await PostgresProjection.connect(dsn)
    try:
        report = await verify(log, tables)
        names, fills = await _read(log)
    finally:
        await tables.close()
        await log.close()
    findings = list(report.findings)
    findings += [f"{name} is {names[name]} times in the log" for name in answered
                 if names[name] != 1]  # fmt: skip
    findings += [f"fill {fill} was told and is not in the log" for fill in seen - fills]
    told = f"{len(answered)} orders answered, {len(seen)} fills told, log of {report.head}: clean"
    return findings, told


async def _read(log: PostgresLedgerLog) -> tuple[Counter[str], set[Fill]]:
    """Return how often each client order id was numbered, and every fill of everybody."""
    names: Counter[str] = Counter()
    fills: set[Fill] = set()
    async for row in log.entries(0):
        entry = unpack_entry(row.body) if row.body else None
        for item in entry.items if entry else ():
            if isinstance(item, Commands):
                names.update(decision.client_order_id for decision in item.decisions)
        for batch in entry.events if entry else ():
            fills.update((event.trade_id, event.fill, event.order_id)
                         for event in batch.events if isinstance(event, FillDone))  # fmt: skip
    return names, fills
