"""The port `Chain`, over every adapter: its laws are these tests."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.contract.chain_worlds import TAKER, ChainWorld, chain_world
from tests.contracts.needs import needs_anvil, needs_tokens

from outcry.ports.chain import SETTLED, Chain, ChainEvent, ChainUnavailable, Failure


REAL = [pytest.param(kind, marks=[needs_anvil, needs_tokens]) for kind in ("evm", "plain")]
KINDS = ["memory", "file", *REAL]


@pytest.fixture(params=KINDS)
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[ChainWorld]:
    """Give a chain of each kind."""
    async with chain_world(request.param, tmp_path) as made:
        yield made


async def send(world: ChainWorld, trade_id: int, *fills: int) -> str:
    """Send a transaction with the next nonce; returns its hash."""
    chain = world.chain
    request = world.request(trade_id, max(fills, default=1) + 1)
    nonce, price = await chain.nonce(), await chain.price()
    prepared = chain.prepare(request, fills or (0, 1), nonce, price)
    await chain.send(prepared.raw)
    return prepared.tx_hash


async def events(chain: Chain) -> list[ChainEvent]:
    """Return everything of ours that is on the chain."""
    found: list[ChainEvent] = []
    for first in range(0, (await chain.head()).number + 1, 100):
        found += await chain.events(await chain.blocks(first, first + 99))
    return found


async def test_a_transaction_is_mined_after_its_latency_and_stays(world: ChainWorld) -> None:
    """In no block before, in that one from then on, also after the chain's process died."""
    start = (await world.chain.head()).number
    tx_hash = await send(world, 7)
    await world.mine(world.latency - 1)
    assert await events(world.chain) == []
    await world.mine(3)
    (event,) = await events(world.chain)
    assert (event.block.number, event.tx_hash) == (start + world.latency, tx_hash)
    assert (event.trade_id, event.fills, event.failure) == (7, (0, 1), None)
    head = await world.chain.head()
    before = await world.chain.blocks(0, head.number + 5)
    await world.again()
    assert await events(world.chain) == [event]
    assert await world.chain.blocks(0, head.number + 5) == before
    assert [block.number for block in before] == list(range(head.number + 1))


async def test_sending_again_changes_nothing(world: ChainWorld) -> None:
    """While it waits, and after it is in a block: one transaction, one event, one nonce."""
    chain, request = world.chain, world.request(7)
    price = await chain.price()
    prepared = chain.prepare(request, (0, 1), 0, price)
    assert prepared == chain.prepare(request, (0, 1), 0, price)
    for _ in range(3):
        for _ in range(3):
            await chain.send(prepared.raw)
        await world.mine()
    (event,) = await events(chain)
    assert event.content == chain.content(request, (0, 1))
    assert event.content not in {
        chain.content(request, (0,)),
        chain.content(world.request(8), (0, 1)),
    }
    assert await chain.nonce() == 1


async def test_nonces_are_dense(world: ChainWorld) -> None:
    """A gap waits for what is missing, and then both are mined in the order of nonces."""
    chain, price = world.chain, await world.chain.price()
    first, second = (chain.prepare(world.request(7 + n), (0,), n, price) for n in (0, 1))
    await chain.send(second.raw)
    await world.mine(5)
    assert (await events(chain), await chain.nonce()) == ([], 0)
    await chain.send(first.raw)
    assert await chain.nonce() == 2
    await world.mine(2)
    found = await events(chain)
    assert [event.tx_hash for event in found] == [first.tx_hash, second.tx_hash]
    assert found[0].log_index < found[1].log_index


async def test_a_part_settles_at_most_once(world: ChainWorld) -> None:
    """A second transaction for it fails; another part of the same trade is another matter."""
    for fills in ((0,), (1,), (20,)):
        await send(world, 7, *fills)
    await world.mine(2)
    settled = [event.failure for event in await events(world.chain)]
    assert settled == [None, Failure(0, SETTLED), None]


async def test_a_failure_names_its_leg_before_and_after(world: ChainWorld) -> None:
    """What a simulation says becomes of a transaction becomes of it; none of its fills settles."""
    chain, price = world.chain, await world.chain.price()
    reason = await world.refuse(7, 1)
    assert reason == await world.refuse(8, TAKER)
    raws = [chain.prepare(world.request(7 + n), (0, 1), n, price).raw for n in range(3)]
    expected = [Failure(2, reason), Failure(0, reason), None]
    assert await chain.simulate(raws) == expected
    await chain.send(*raws)
    await world.mine(2)
    assert [event.failure for event in await events(chain)] == expected
    await world.allow(7, 1)
    await send(world, 7)
    await world.mine(2)
    assert (await events(chain))[-1].failure is None


@pytest.mark.parametrize("depth", [2, 5, 20])
async def test_a_reorganisation_replaces_blocks_and_returns_or_loses_what_they_held(
    world: ChainWorld, depth: int
) -> None:
    """The height grows, hashes change above the common block only, the settlement is gone."""
    await world.mine(30 - depth)
    await send(world, 7)
    await world.mine(depth)
    old = await world.chain.blocks(0, 100)
    assert len(await events(world.chain)) == 1
    await world.reorganise(depth, keep=False)
    new = await world.chain.blocks(0, 100)
    assert len(new) == len(old) + 1
    same = [one == other for one, other in zip(old, new, strict=False)]
    assert same == [True] * (len(old) - depth) + [False] * depth
    assert await events(world.chain) == []
    await world.again()
    assert await world.chain.blocks(0, 100) == new


async def test_a_kept_transaction_is_mined_again_on_the_other_branch(world: ChainWorld) -> None:
    """A public network puts it back: the same hash settles in another block."""
    tx_hash = await send(world, 7)
    await world.mine(4)
    (before,) = await events(world.chain)
    await world.reorganise(4, keep=True)
    (event,) = await events(world.chain)
    assert (event.tx_hash, event.failure) == (tx_hash, None)
    assert event.block != before.block
    assert await world.chain.nonce() == 1


async def test_a_higher_price_replaces_what_waits_and_a_lower_one_does_not(
    world: ChainWorld,
) -> None:
    """The same nonce twice: the one that offers what was asked for is mined, the other never."""
    chain = world.chain
    price = await chain.price()
    cheap = chain.prepare(world.request(7), (0, 1), 0, price)
    dear = chain.prepare(world.request(8), (0, 1), 0, await chain.price(price))
    assert cheap.tx_hash != dear.tx_hash
    await chain.send(cheap.raw, dear.raw, cheap.raw)
    await world.mine(3)
    (event,) = await events(chain)
    assert event.tx_hash == dear.tx_hash


async def test_what_settled_a_part_is_found_wherever_it_is(world: ChainWorld) -> None:
    """By trade and fill, from a block on; nothing for a part that is not settled."""
    chain = world.chain
    await send(world, 7, 0, 1)
    await send(world, 8, 0)
    await world.mine(3)
    settled, _ = await events(chain)
    assert await chain.settled(7, 1, 0) == settled
    assert await chain.settled(7, 0, settled.block.number) == settled
    assert await chain.settled(7, 20, 0) is None
    assert await chain.settled(9, 0, 0) is None
    assert await chain.used(settled.block.number - 1) == 0
    assert await chain.used(settled.block.number) == 2


async def test_a_block_that_is_gone_has_no_events(world: ChainWorld) -> None:
    """Asked for by its hash: what is there now at its height is never taken for it."""
    await send(world, 7)
    await world.mine(3)
    (event,) = await events(world.chain)
    assert await world.chain.events([event.block]) == [event]
    await world.reorganise(3, keep=False)
    with pytest.raises(ChainUnavailable):
        await world.chain.events([event.block])
