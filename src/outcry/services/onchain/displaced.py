"""Displaced: where on the chain is what was believed, once the blocks it was in are gone."""

from typing import Final

from outcry.ports.chain import Chain, ChainEvent
from outcry.ports.ledger_log import LedgerLog
from outcry.services.onchain.believed import Believed, FillKey, Place
from outcry.services.onchain.parts import PartKey, part_key
from outcry.services.onchain.requests import requests_of
from outcry.services.onchain.strangers import require_asked


#: What an operator does when trades were taken back.
TAKEN_BACK: Final = "look at who is frozen, and at what is suspended, then start onchain again"


async def find_displaced(
    chain: Chain, log: LedgerLog, believed: Believed
) -> list[tuple[FillKey, Place]]:
    """Look for what is displaced; returns what is settled nowhere.

    Another transaction than the one that was believed may have settled a part: it counts if it says
    what is asked for in *log*. Raises `OtherTrade`.
    """
    events: dict[PartKey, ChainEvent | None] = {}
    others: dict[PartKey, ChainEvent] = {}
    lost, kept = [], []
    for key, place in believed.displaced():
        part = part_key(*key)
        if part not in events:
            events[part] = await chain.settled(*key, place.first)
        event = events[part]
        if event is None or key[1] not in event.fills:
            lost.append((key, place))
            continue
        kept.append((key, event.block.number))
        if event.tx_hash != place.tx_hash:
            others[part] = event
    requests = await requests_of(log, others) if others else {}
    for part, event in others.items():
        require_asked(chain, requests.get(part), event)
    for key, block in kept:
        believed.found(key, block)
    return lost
