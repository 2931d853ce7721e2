"""Which transactions the answer to an order names."""

import asyncio
from collections.abc import Sequence
from typing import Final

from outcry.runtime.clob.names import TradePart
from outcry.runtime.clob.trades import book_hash
from outcry.runtime.settlement_stages import SettlementStages


#: How long the answer to an order waits for its transaction to pass its pre-flight. Clients that
#: are told of a trade without a hash ask for it several times a second.
HASH_WAIT_MS: Final = 2_000


async def hashes_of(
    trades: Sequence[TradePart], stages: SettlementStages, *, on_chain: bool
) -> list[str]:
    """Return the hashes of new trades; of a chain's, without those not announced in time."""
    if not on_chain:
        return [book_hash(trade) for trade in trades]
    heard = await asyncio.gather(*(stages.heard(trade, HASH_WAIT_MS) for trade in trades))
    return [status.tx_hash for status in heard if status is not None and status.tx_hash]
