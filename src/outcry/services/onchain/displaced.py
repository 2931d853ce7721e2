"""Displaced: where on the chain is what was believed, once the blocks it was in are gone."""

from outcry.ports.chain import Chain, ChainEvent
from outcry.services.onchain.believed import Believed, FillKey, Place
from outcry.services.onchain.parts import PartKey, part_key


async def find_displaced(chain: Chain, believed: Believed) -> list[tuple[FillKey, Place]]:
    """Look for what is displaced; returns what is settled nowhere."""
    events: dict[PartKey, ChainEvent | None] = {}
    lost = []
    for key, place in believed.displaced():
        part = part_key(*key)
        if part not in events:
            events[part] = await chain.settled(*key, place.first)
        event = events[part]
        if event is None or key[1] not in event.fills:
            lost.append((key, place))
        else:
            believed.found(key, event.block.number)
    return lost
