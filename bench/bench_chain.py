"""Settling on a chain: trades a second through every step, and what a fill costs in gas.

One thread encodes, signs, simulates, sends and reads; a real node on this machine does its part.
What people do (signing their orders) is done before. Then the same through the whole exchange, with
everything else it does. Read CPU time and ratios rather than rates.
"""

import argparse
import asyncio
import json
import os
import platform
from pathlib import Path

from chain.carrying import Carried, carried
from chain.ground import Ground, node
from chain.spent import cpu_seconds
from chain.steps import STEPS, Figures, settle
from chain.waiting import Waits, waits

from outcry.adapters.evm.abi import address_of
from outcry.adapters.evm.chain import EvmChain, EvmTerms
from outcry.adapters.evm.devnet import CHAIN_ID, DevNode
from outcry.adapters.evm.rpc import Rpc


#: Kind, makers, trades in a batch, of which a block is made.
CASES = (
    ("transfer", 1, 50),
    ("mint", 1, 50),
    ("merge", 1, 50),
    ("transfer", 5, 50),
    ("mint", 5, 50),
    ("transfer", 20, 20),
    ("mint", 20, 20),
)
BLOCKS_MS = (250, 1_000)
CARRY_BLOCK_MS = 1_000
OUT = Path(__file__).parent / "out" / "chain.json"


async def run(running: DevNode, rounds: int) -> list[Figures]:
    """Measure every case, after one batch to warm up."""

    def node_seconds() -> float:
        return cpu_seconds({"node": running.pid})["node"]

    async with Rpc(running.url) as rpc:
        ground = Ground(rpc)
        await ground.begin(running.url)
        await rpc.call("evm_setAutomine", False)  # noqa: FBT003 - JSON-RPC has no names
        home = address_of(ground.deployed.settlement)
        chain = EvmChain(rpc, ground.operator, EvmTerms(CHAIN_ID, home))
        found = []
        for case in CASES:
            await settle(ground, chain, case, node_seconds)
            measured = [await settle(ground, chain, case, node_seconds) for _ in range(rounds)]
            found.append(Figures(case[0], case[1], measured))
        return found


def show_steps(found: list[Figures]) -> None:
    """Print the first table of bench/README.md."""
    heads = " | ".join(STEPS)
    print(f"| | {heads} | own CPU | node's CPU | trades/s | fills/s | gas of a trade | of a fill |")
    print("|---|" + "---:|" * (len(STEPS) + 6))
    for one in found:
        laps = " | ".join(f"{one.step_ms(step):.2f}" for step in STEPS)
        rate = one.trades_per_second
        print(
            f"| {one.makers} {one.kind} | {laps} | {one.own_ms:.2f} | {one.node_ms:.2f} "
            f"| {rate:,.0f} | {rate * one.makers:,.0f} "
            f"| {one.gas:,.0f} | {one.gas / one.makers:,.0f} |"
        )


def show_waits(found: list[Waits]) -> None:
    """Print how long fills wait."""
    print("\n| block ms | confirmations | fills | p50 ms | p99 ms |")
    print("|---:|---:|---:|---:|---:|")
    for one in found:
        print(one.text())


def machine() -> str:
    """Return what the figures were measured on."""
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    python = platform.python_version()
    return f"{os.cpu_count()} cores, {platform.machine()}, load {load}, Python {python}"


def main() -> None:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=10, help="batches of each case")
    parser.add_argument("--seconds", type=int, default=20, help="of trading at full speed, 0: none")
    parser.add_argument("--trades", type=int, default=200, help="trades whose wait is measured")
    parser.add_argument("--rate", type=int, default=10, help="of them in a second")
    options = parser.parse_args()
    print(f"{machine()}, {options.rounds} rounds")
    with node() as running:
        steps = asyncio.run(run(running, options.rounds))
    show_steps(steps)
    whole: list[Carried] = []
    if options.seconds:
        print(f"\n{machine()}")
        whole.append(carried(CARRY_BLOCK_MS, options.seconds))
        print(whole[0].text())
    waited = [waits(ms, options.trades, options.rate) for ms in BLOCKS_MS if options.trades]
    if waited:
        show_waits(waited)
    print(f"\nat the end: {machine()}")
    said = {"steps": steps, "whole": whole, "waits": waited}
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps(said, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
