"""Ports in the memory of one process, under the same laws as the real ones.

For the simulator and for fast tests; never a way to run an exchange. Everything lives in one event
loop. What the world may do to the real thing, these can be told to do: `MemoryBus.wipe`,
`MemoryBus.throw_back`, `MemorySnapshots.damage`.
"""

from outcry.adapters.memory.bus import MemoryBus
from outcry.adapters.memory.inbox import MemoryInbox
from outcry.adapters.memory.ledger_log import MemoryLedgerLog
from outcry.adapters.memory.log_archive import MemoryArchive
from outcry.adapters.memory.projection import MemoryProjection
from outcry.adapters.memory.queries import MemoryQueries
from outcry.adapters.memory.series import MemorySeries
from outcry.adapters.memory.snapshots import MemorySnapshots
from outcry.adapters.memory.standings import MemoryCommunity
from outcry.adapters.memory.tables import MemoryTables
from outcry.adapters.memory.transactions import MemoryTransactions


__all__ = [
    "MemoryArchive",
    "MemoryBus",
    "MemoryCommunity",
    "MemoryInbox",
    "MemoryLedgerLog",
    "MemoryProjection",
    "MemoryQueries",
    "MemorySeries",
    "MemorySnapshots",
    "MemoryTables",
    "MemoryTransactions",
]
