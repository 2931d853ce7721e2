"""Requests of settlement as the committed log has them."""

from collections.abc import AsyncIterator, Iterable

from msgspec.structs import replace

from outcry.messages.entry import NOTHING, packed_outputs
from outcry.messages.settlements import SettlementRequest, unpack_requests
from outcry.ports.ledger_log import LedgerLog
from outcry.services.onchain.parts import PartKey, part_key


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


async def requests_of(log: LedgerLog, parts: Iterable[PartKey]) -> dict[PartKey, SettlementRequest]:
    """Return what was asked for of *parts*, each with the fills of that part alone.

    It reads the whole log: for what comes to pass once in a deep reorganisation.
    """
    wanted = set(parts)
    found: dict[PartKey, SettlementRequest] = {}
    async for _, _, body in requests_after(log, 0):
        for request in unpack_requests(body):
            for key in {part_key(request.trade_id, fill.fill) for fill in request.fills} & wanted:
                fills = [fill for fill in request.fills if part_key(key[0], fill.fill) == key]
                known = found.get(key)
                fills = [*(known.fills if known else ()), *fills]
                found[key] = replace(request, fills=fills)
    return found
