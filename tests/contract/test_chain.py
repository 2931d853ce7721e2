"""The port `Chain`, over every adapter: its laws are these tests."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from outcry.adapters.simulated_chain import Pace, SimulatedChain
from outcry.messages.settlements import SettlementFill, SettlementParty, SettlementRequest
from outcry.ports.chain import Block, ChainEvent, Failure


PARTY = SettlementParty(1, 1000, 0, 0, 0)
TAKER = -1


def request(trade_id: int, fills: int = 2) -> SettlementRequest:
    """Return a trade with so many fills."""
    return SettlementRequest(
        trade_id, 1, [SettlementFill(n, 1, 6_000, 10, PARTY, PARTY) for n in range(fills)]
    )


class World:
    """A chain, and how to make it another process's."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self.chain = SimulatedChain(path, Pace(latency_blocks=2))

    async def again(self) -> None:
        """The chain's process dies and comes back; in memory nothing can die."""
        if self._path:
            await self.chain.close()
            self.chain = SimulatedChain(self._path, Pace(latency_blocks=2))

    async def send(self, trade_id: int, *fills: int) -> str:
        """Send a transaction with the next nonce; returns its hash."""
        chain = self.chain
        prepared = chain.prepare(request(trade_id), fills or (0, 1), await chain.nonce())
        await chain.send(prepared.raw)
        return prepared.tx_hash

    async def events(self) -> list[ChainEvent]:
        """Return everything that is on the chain."""
        return await self.chain.events(0, (await self.chain.head()).number)


@pytest.fixture(params=["memory", "file"])
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    """Give a chain of each kind."""
    world = World(tmp_path / "chain.journal" if request.param == "file" else None)
    yield world
    await world.chain.close()


async def test_a_transaction_is_mined_after_its_latency_and_stays(world: World) -> None:
    """Sent at block 0 with a latency of two: in block 2, also after the chain's process died."""
    tx_hash = await world.send(7)
    await world.chain.mine()
    assert await world.events() == []
    await world.chain.mine(3)
    (event,) = await world.events()
    assert (event.block.number, event.tx_hash) == (2, tx_hash)
    assert (event.trade_id, event.fills, event.failure) == (7, (0, 1), None)
    before = await world.chain.blocks(0, 9)
    await world.again()
    assert await world.events() == [event]
    assert await world.chain.blocks(0, 9) == before
    assert [block.number for block in before] == [0, 1, 2, 3, 4]


async def test_sending_again_changes_nothing(world: World) -> None:
    """While it waits, and after it is in a block: one transaction, one event, one nonce."""
    chain = world.chain
    prepared = chain.prepare(request(7), (0, 1), 0)
    assert prepared == chain.prepare(request(7), (0, 1), 0)
    for _ in range(3):
        for _ in range(3):
            await chain.send(prepared.raw)
        await chain.mine()
    assert len(await world.events()) == 1
    assert await chain.nonce() == 1


async def test_nonces_are_dense(world: World) -> None:
    """A gap waits for what is missing, and then both are mined in the order of nonces."""
    chain = world.chain
    first, second = (chain.prepare(request(7 + n), (0,), n) for n in (0, 1))
    await chain.send(second.raw)
    await chain.mine(5)
    assert (await world.events(), await chain.nonce()) == ([], 0)
    await chain.send(first.raw)
    assert await chain.nonce() == 2
    await chain.mine(2)
    events = await world.events()
    assert [event.tx_hash for event in events] == [first.tx_hash, second.tx_hash]
    assert [event.log_index for event in events] == [0, 1]


async def test_a_part_settles_at_most_once(world: World) -> None:
    """A second transaction for it fails; another part of the same trade is another matter."""
    for fills in ((0,), (1,), (20,)):
        await world.send(7, *fills)
    await world.chain.mine(2)
    assert [event.failure for event in await world.events()] == [
        None,
        Failure(0, "settled already"),
        None,
    ]


async def test_a_failure_names_its_leg_before_and_after(world: World) -> None:
    """What a simulation says becomes of a transaction becomes of it; none of its fills settles."""
    chain = world.chain
    await chain.refuse(7, 1, "allowance revoked")
    await chain.refuse(8, TAKER, "expired")
    raws = [chain.prepare(request(7 + n), (0, 1), n).raw for n in range(3)]
    expected = [Failure(2, "allowance revoked"), Failure(0, "expired"), None]
    assert await chain.simulate(raws) == expected
    for raw in raws:
        await chain.send(raw)
    await chain.mine(2)
    assert [event.failure for event in await world.events()] == expected
    await chain.refuse(7, 1, "")
    await world.send(7)
    await chain.mine(2)
    assert (await world.events())[-1].failure is None


@pytest.mark.parametrize("depth", [2, 5, 20])
async def test_a_reorganisation_replaces_blocks_and_returns_or_loses_what_they_held(
    world: World, depth: int
) -> None:
    """The height grows, hashes change above the common block only, the settlement is gone."""
    chain = world.chain
    await chain.mine(30 - depth)
    await world.send(7)
    await chain.mine(depth)
    old = await chain.blocks(0, 100)
    assert len(await world.events()) == 1
    await chain.reorganise(depth, keep=False)
    new = await chain.blocks(0, 100)
    assert len(new) == len(old) + 1
    same = [one == other for one, other in zip(old, new, strict=False)]
    assert same == [True] * (len(old) - depth) + [False] * depth
    assert await world.events() == []
    await world.again()
    assert await world.chain.blocks(0, 100) == new


async def test_a_kept_transaction_is_mined_again_on_the_other_branch(world: World) -> None:
    """A public network puts it back: the same hash settles in another block."""
    chain = world.chain
    tx_hash = await world.send(7)
    await chain.mine(4)
    await chain.reorganise(3, keep=True)
    (event,) = await world.events()
    assert (event.tx_hash, event.failure) == (tx_hash, None)
    assert event.block != Block(2, (await chain.blocks(1, 1))[0].hash)
    assert await chain.nonce() == 1


async def test_a_higher_price_replaces_what_waits_and_a_lower_one_does_not(world: World) -> None:
    """The same nonce twice: the one that offers what was asked for is mined, the other never."""
    chain = world.chain
    price = await chain.price()
    cheap = chain.prepare(request(7), (0, 1), 0, price)
    dear = chain.prepare(request(8), (0, 1), 0, await chain.price(price))
    assert cheap.tx_hash != dear.tx_hash
    await chain.send(cheap.raw, dear.raw, cheap.raw)
    await chain.mine(3)
    (event,) = await world.events()
    assert event.tx_hash == dear.tx_hash


async def test_what_settled_a_part_is_found_wherever_it_is(world: World) -> None:
    """By trade and fill, from a block on; nothing for a part that is not settled."""
    chain = world.chain
    await world.send(7, 0, 1)
    await world.send(8, 0)
    await chain.mine(3)
    settled, _ = await world.events()
    assert await chain.settled(7, 1, 0) == settled
    assert await chain.settled(7, 0, settled.block.number) == settled
    assert await chain.settled(7, 20, 0) is None
    assert await chain.settled(9, 0, 0) is None
    assert await chain.used(settled.block.number - 1) == 0
    assert await chain.used(settled.block.number) == 2
