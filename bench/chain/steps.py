"""Settling a batch of trades, each step on its own: how long it takes, and whose CPU time."""

import time
from collections.abc import Callable
from statistics import median
from typing import NamedTuple

from chain.ground import Ground

from outcry.adapters.evm.chain import EvmChain
from outcry.adapters.evm.rpc import Call


STEPS = ("sign", "simulate", "send", "mine", "read")


class Lap(NamedTuple):
    """Milliseconds for each trade: on the clock, and of CPU, ours and the node's."""

    wall: float
    own: float
    node: float


class Round(NamedTuple):
    """One batch by its steps, and the gas of one of its trades."""

    laps: dict[str, Lap]
    gas: int

    @property
    def wall(self) -> float:
        """Milliseconds for a trade through every step."""
        return sum(lap.wall for lap in self.laps.values())


class Figures(NamedTuple):
    """What the rounds of one case came to; medians of the rounds."""

    kind: str
    makers: int
    rounds: list[Round]

    def step_ms(self, step: str) -> float:
        """Milliseconds of one step for a trade."""
        return median(one.laps[step].wall for one in self.rounds)

    @property
    def trades_per_second(self) -> float:
        """Through every step, one after the other."""
        return 1_000 / median(one.wall for one in self.rounds)

    @property
    def own_ms(self) -> float:
        """Our CPU time for a trade."""
        return median(sum(lap.own for lap in one.laps.values()) for one in self.rounds)

    @property
    def node_ms(self) -> float:
        """The node's CPU time for a trade."""
        return median(sum(lap.node for lap in one.laps.values()) for one in self.rounds)

    @property
    def gas(self) -> float:
        """Gas of a trade: conditions differ a little."""
        return median(one.gas for one in self.rounds)


async def settle(
    ground: Ground, chain: EvmChain, case: tuple[str, int, int], node_seconds: Callable[[], float]
) -> Round:
    """Settle one batch; *node_seconds* is the CPU time that the node has used."""
    kind, makers, batch = case
    trades = [ground.trade(kind, makers) for _ in range(batch)]
    laps: dict[str, Lap] = {}
    since = time.perf_counter(), time.process_time(), node_seconds()

    def lap(step: str) -> None:
        nonlocal since
        now = time.perf_counter(), time.process_time(), node_seconds()
        laps[step] = Lap(*(1_000 * (b - a) / batch for a, b in zip(since, now, strict=True)))
        # Looking at the node takes time that is nobody's.
        since = time.perf_counter(), time.process_time(), now[2]

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
    return Round(laps, gas // batch)
