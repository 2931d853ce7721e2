"""Requests of settlement as the committed log has them."""

from collections.abc import AsyncIterator

from outcry.messages.entry import NOTHING, packed_outputs
from outcry.ports.ledger_log import LedgerLog


async def requests_after(log: LedgerLog, after: int) -> AsyncIterator[tuple[int, int, bytes]]:
    """Yield what the stream of requests would hold above *after*, from the log."""
    first = last = after
    async for row in log.entries(after):
        last = row.n
        requests = packed_outputs(row.body).settlements if row.body else NOTHING
        if requests != NOTHING:
            yield first + 1, last, requests
            first = last
    if last > first:
        yield first + 1, last, NOTHING
