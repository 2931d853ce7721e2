"""Whatever strikes service and node: nothing settles twice, nothing is lost, ledger = contract.

``CHAOS_COUNT`` storms (`make chaos-chain COUNT=`) instead of the few of every run.
"""

import asyncio
import os
import signal
from pathlib import Path

import pytest
from tests.contracts.needs import needs_anvil, needs_tokens
from tests.integration.chaos_chain.house import house
from tests.integration.chaos_chain.storm import Storm
from tests.support.playing import CONFIRMATIONS, Play, play

from outcry.domain.ledger.pending import Outcome
from outcry_wire.records import Side


pytestmark = [needs_anvil, needs_tokens]
#: Seeds of every run.
SEEDS = (1, 2, 3)
COUNT = int(os.environ.get("CHAOS_COUNT", "0"))
FIRST = int(os.environ.get("CHAOS_SEED", "1"))
STRIKES = 250 if COUNT else 60


@pytest.mark.parametrize("seed", range(FIRST, FIRST + COUNT) if COUNT else SEEDS)
async def test_nothing_happens_twice_and_nothing_is_lost(tmp_path: Path, seed: int) -> None:
    """Deaths, 1 to 20 blocks replaced, faults, prices, a second sender of each key: all even.

    Trades, deposits, payments, exits, splits, merges, payouts and redemptions.
    """
    async with house(tmp_path, seed) as on:
        storm = Storm(on, seed)
        await storm.begin()
        await storm.strike(STRIKES)
        await storm.calm()
        await on.agrees()
        assert on.ledger.chain.verdicts


async def traded(on: Play, lots: int = 100) -> None:
    """Let two people make one trade."""
    if not on.markets:
        await on.market()
        await on.person("ann")
        await on.person("bob")
    (market,), (ann, bob) = on.markets, on.people
    await on.order(ann, market, Side.BUY, 6_000, lots)
    await on.order(bob, market, Side.BUY, 4_000, lots, outcome=1)


async def test_a_killed_node_that_lost_young_blocks_is_gone_on_with(tmp_path: Path) -> None:
    """The chain is shorter than it was and nonces are back: the trades settle again."""
    async with play(tmp_path, keeps=True) as on:
        await traded(on)
        await on.finish()
        await on.stage.rpc.close()
        on.stage.node.stop()
        await on.stage.again()
        await traded(on)
        await on.first.end()
        await on.first.look(2)
        await on.stage.mine(CONFIRMATIONS - 1)
        await on.first.look()
        on.stage.node.kill()
        await on.stage.again()
        await on.first.end()
        await on.finish()
        assert set(on.outcomes().values()) == {Outcome.CONFIRMED}
        await on.agree()


async def test_a_node_that_stands_still_is_waited_for(tmp_path: Path) -> None:
    """Nothing is answered for a while; then everything settles once."""
    async with play(tmp_path) as on:
        await traded(on)
        await on.first.look()
        os.kill(on.stage.node.pid, signal.SIGSTOP)
        waiting = asyncio.create_task(on.first.look())
        await asyncio.sleep(0.5)
        assert not waiting.done()
        os.kill(on.stage.node.pid, signal.SIGCONT)
        await waiting
        await on.finish()
        await on.agree()


@pytest.mark.parametrize("depth", [CONFIRMATIONS + 4, 12, 20])
async def test_after_a_deep_reorganisation_only_what_the_chain_has_is_confirmed(
    tmp_path: Path, depth: int
) -> None:
    """Each fill is confirmed where it is settled, reverted where it is gone, and nothing else."""
    async with play(tmp_path) as on:
        for lots in (100, 200, 300):
            await traded(on, lots)
            await on.finish()
        await on.stage.mine(CONFIRMATIONS)
        await on.first.look()
        await on.stage.reorganise(depth)
        await on.first.look(2)
        settled = await on.settled()
        confirmed = [key for key, what in on.outcomes().items() if what == Outcome.CONFIRMED]
        assert sorted(settled) == sorted(confirmed)
        assert Outcome.REVERTED in on.outcomes().values()
        assert on.first.service is not None
        assert on.first.service.status()["halted"]


async def test_blocks_that_ask_more_than_the_ceiling_delay_and_are_told(tmp_path: Path) -> None:
    """The operator's ceiling holds: a figure says so; when blocks ask less, the trade settles."""
    async with play(tmp_path) as on:
        on.ceiling_wei = 50 * 10**9
        await traded(on)
        await on.stage.rpc.call("anvil_setNextBlockBaseFeePerGas", hex(10**13))
        await on.stage.mine()
        for _ in range(12):
            await on.first.look()
            await on.stage.rpc.call("anvil_setNextBlockBaseFeePerGas", hex(10**13))
            await on.stage.mine()
        assert on.first.service is not None
        assert on.first.service.status()["price_capped"]
        assert len(on.pending) == 1
        await on.stage.rpc.call("anvil_setNextBlockBaseFeePerGas", hex(10**9))
        await on.finish()
        await on.agree()
