"""Settling on a chain: trades a second through every step, and what a fill costs in gas.

One thread encodes, signs, simulates, sends and reads; a real node on this machine does its part.
What people do (signing their orders) is done before. Read ratios, not rates.
"""

import argparse
import asyncio
import json
import platform
import time
from pathlib import Path
from typing import NamedTuple

from chain.ground import Ground, node
from chain.waiting import waits

from outcry.adapters.evm.abi import address_of
from outcry.adapters.evm.chain import EvmChain, EvmTerms
from outcry.adapters.evm.devnet import CHAIN_ID
from outcry.adapters.evm.rpc import Call, Rpc


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
STEPS = ("sign", "simulate", "send", "mine", "read")
BLOCKS_MS = (250, 1_000)
OUT = Path(__file__).parent / "out" / "chain.json"


class Figures(NamedTuple):
    """What one case came to; seconds by step."""

    kind: str
    makers: int
    trades: int
    seconds: dict[str, float]
    gas: int

    @property
    def trades_per_second(self) -> float:
        """Through every step."""
        return self.trades / sum(self.seconds.values())


async def settle(ground: Ground, chain: EvmChain, kind: str, makers: int, batch: int) -> Figures:
    """Settle one batch, each step on its own."""
    trades = [ground.trade(kind, makers) for _ in range(batch)]
    seconds = dict.fromkeys(STEPS, 0.0)
    since = time.perf_counter()

    def lap(step: str) -> None:
        nonlocal since
        now = time.perf_counter()
        seconds[step] += now - since
        since = now

    nonce, price = await chain.nonce(), await chain.price()
    ready = [
        chain.prepare(trade, range(makers), nonce + number, price)
        for number, trade in enumerate(trades)
    ]
    lap("sign")
    failed = [one for one in await chain.simulate([one.raw for one in ready]) if one]
    lap("simulate")
    assert not failed, failed[:3]
    await chain.send(*[one.raw for one in ready])
    lap("send")
    await ground.rpc.call("evm_mine")
    lap("mine")
    head = await chain.head()
    events = await chain.events(head.number, head.number)
    lap("read")
    assert [event.failure for event in events] == [None] * batch, "every trade settles in one block"
    calls = [Call("eth_getTransactionReceipt", [one.tx_hash]) for one in ready]
    gas = sum(int(receipt["gasUsed"], 16) for receipt in await ground.rpc.batch(calls))
    return Figures(kind, makers, batch, seconds, gas)


async def case(ground: Ground, chain: EvmChain, what: tuple[str, int, int], rounds: int) -> Figures:
    """Settle so many batches of a case after one to warm up, and add them up."""
    await settle(ground, chain, *what)
    found = [await settle(ground, chain, *what) for _ in range(rounds)]
    return Figures(
        what[0],
        what[1],
        sum(one.trades for one in found),
        {step: sum(one.seconds[step] for one in found) for step in STEPS},
        sum(one.gas for one in found),
    )


async def run(url: str, rounds: int) -> list[Figures]:
    """Measure every case on the node at *url*."""
    async with Rpc(url) as rpc:
        ground = Ground(rpc)
        await ground.begin(url)
        await rpc.call("evm_setAutomine", False)  # noqa: FBT003 - JSON-RPC has no names
        home = address_of(ground.deployed.settlement)
        chain = EvmChain(rpc, ground.operator, EvmTerms(CHAIN_ID, home))
        return [await case(ground, chain, what, rounds) for what in CASES]


def show(found: list[Figures]) -> None:
    """Print the table that bench/README.md has."""
    heads = " | ".join(f"{step} ms" for step in STEPS)
    print(f"| | {heads} | trades/s | fills/s | gas of a trade | of a fill |")
    print("|---|" + "---:|" * (len(STEPS) + 4))
    for one in found:
        laps = " | ".join(f"{one.seconds[step] * 1000 / one.trades:.2f}" for step in STEPS)
        rate, gas = one.trades_per_second, one.gas / one.trades
        print(
            f"| {one.makers} {one.kind} | {laps} | {rate:,.0f} | {rate * one.makers:,.0f} "
            f"| {gas:,.0f} | {gas / one.makers:,.0f} |"
        )


def main() -> None:
    """Read the arguments and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=10, help="batches of each case")
    parser.add_argument("--trades", type=int, default=200, help="trades whose wait is measured")
    parser.add_argument("--rate", type=int, default=10, help="of them in a second")
    options = parser.parse_args()
    with node() as url:
        found = asyncio.run(run(url, options.rounds))
    print(f"{platform.machine()}, Python {platform.python_version()}, {options.rounds} rounds")
    show(found)
    print("\n| block ms | confirmations | fills | p50 ms | p99 ms |")
    print("|---:|---:|---:|---:|---:|")
    for block_ms in BLOCKS_MS if options.trades else ():
        print(waits(block_ms, options.trades, options.rate).text())
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps([one._asdict() for one in found], indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
