"""Headers and events of a block are read one after the other: both must be of the same block."""

import pytest

from outcry.adapters.simulated_chain import SimulatedChain
from outcry.messages.settlements import SettlementFill, SettlementParty, SettlementRequest
from outcry.ports.chain import Block, ChainUnavailable
from outcry.services.onchain.headers import Headers


async def test_a_block_that_is_replaced_while_it_is_read_is_read_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nothing of it counts, and the next look finds what is there now."""
    chain = SimulatedChain()
    party = SettlementParty(1, 1_000, 0, 0, 0)
    asked = SettlementRequest(7, 1, [SettlementFill(0, 1, 6_000, 10, party, party)])
    await chain.send(chain.prepare(asked, (0,), 0).raw)
    await chain.mine(2)
    headers = Headers(chain)
    read = chain.blocks

    async def replaced(first: int, last: int) -> list[Block]:
        blocks = await read(first, last)
        await chain.reorganise(2, keep=True)
        return blocks

    with monkeypatch.context() as patch:
        patch.setattr(chain, "blocks", replaced)
        with pytest.raises(ChainUnavailable, match="block 1, "):
            [event async for event in headers.read(await chain.head())]
    assert headers.scanned == 0
    (event,) = [event async for event in headers.read(await chain.head())]
    assert headers.block(event.block.number) == event.block


async def test_blocks_that_are_replaced_between_two_looks_are_noticed() -> None:
    """What is read next does not follow what was read: then that is read again."""
    chain = SimulatedChain()
    await chain.mine(4)
    headers = Headers(chain)
    assert [event async for event in headers.read(await chain.head())] == []
    await chain.reorganise(3)
    with pytest.raises(ChainUnavailable, match="block 4 was replaced"):
        [event async for event in headers.read(await chain.head())]
    assert await headers.common() == 1
