"""Late: settlements of fills that had been given up, or that a deep reorganisation had taken back.

A transaction that a reorganisation threw out waits at nodes again, and is mined on the other branch
as often as not; by then it was said to be gone. What the chain has settled is told all the same.
"""

from collections.abc import Sequence

from outcry.ports.chain import Chain, ChainEvent
from outcry.ports.ledger_log import LedgerLog
from outcry.services.onchain.parts import PartKey, Parts, part_key
from outcry.services.onchain.requests import requests_of
from outcry.services.onchain.strangers import require_asked


class Late:
    """Settlements that were read, and nothing waits for."""

    def __init__(self, log: LedgerLog, chain: Chain, parts: Parts) -> None:
        self._log = log
        self._chain = chain
        self._parts = parts
        self._found: dict[PartKey, ChainEvent] = {}
        #: Transactions that say what was asked for.
        self._same: set[str] = set()

    def note(self, event: ChainEvent) -> None:
        """Take a transaction that is in a block; it counts if it settled what is not open."""
        if event.failure is None and not self._is_known(event):
            self._found[part_key(event.trade_id, event.fills[0])] = event

    def forget_above(self, block: int) -> None:
        """Blocks above *block* are gone."""
        self._found = {k: one for k, one in self._found.items() if one.block.number <= block}

    async def due(self, believed: int) -> list[ChainEvent]:
        """Return what is in blocks up to *believed* and was not reported; raises `OtherTrade`."""
        self._found = {k: one for k, one in self._found.items() if not self._is_known(one)}
        due = {k: one for k, one in self._found.items() if one.block.number <= believed}
        await self._compare([key for key, one in due.items() if one.tx_hash not in self._same])
        return [one for key, one in due.items() if key in self._found]

    async def _compare(self, keys: Sequence[PartKey]) -> None:
        """Forget what was never asked for: a trade of nobody here."""
        requests = await requests_of(self._log, keys) if keys else {}
        for key in keys:
            if key in requests:
                require_asked(self._chain, requests[key], self._found[key])
                self._same.add(self._found[key].tx_hash)
            else:
                del self._found[key]

    def _is_known(self, event: ChainEvent) -> bool:
        """Whether it is believed already, or its part is open (again) and tells it."""
        places = self._parts.believed.places
        is_open = self._parts.of(event) is not None
        return is_open or all((event.trade_id, fill) in places for fill in event.fills)
