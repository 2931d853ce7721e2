"""What the chain says of a demo: trades settled, fills of each kind, and gas."""

from collections import Counter
from typing import Any, Final, NamedTuple

from outcry.adapters.evm.artefacts import artefact
from outcry.adapters.evm.deployment import Deployment
from outcry.adapters.evm.rpc import Call, Rpc
from outcry.domain.units import format_money


#: Blocks in one request for logs, receipts in one batch.
BLOCKS_COUNT_MAX: Final = 2_000
#: In the event of a taker, whose fills may be of two kinds.
TAKEN: Final = 3
KINDS: Final = ("transfers", "mints", "merges")


class Settlements(NamedTuple):
    """Everything that settled."""

    trades: int
    fills: Counter[int]
    cash: int
    gas: int

    def text(self) -> str:
        """Return it for people."""
        count = sum(self.fills.values())
        kinds = ", ".join(f"{self.fills[kind]} {name}" for kind, name in enumerate(KINDS))
        each = f"{self.gas // count:,} gas a fill" if count else "no gas"
        return (
            f"On the chain: {self.trades} trades settled with {count} fills: {kinds}; "
            f"{format_money(self.cash)} of collateral on the makers' side; {each}."
        )


async def settlements(rpc: Rpc, deployed: Deployment, first: int) -> Settlements:
    """Read everything that the contract of *deployed* has settled from block *first* on."""
    interface = artefact("settlement").interface
    head = int(await rpc.call("eth_blockNumber"), 16)
    fills: Counter[int] = Counter()
    hashes: set[str] = set()
    cash = trades = 0
    for log in await _logs(rpc, deployed, first, head):
        event = interface.event(
            [bytes.fromhex(topic[2:]) for topic in log["topics"]], bytes.fromhex(log["data"][2:])
        )
        if event is None:
            continue
        if event.name == "Settled":
            trades += 1
            hashes.add(log["transactionHash"])
        elif event.name == "Filled" and event.values["kind"] != TAKEN:
            fills[event.values["kind"]] += 1
            cash += event.values["cash"]
    calls = [Call("eth_getTransactionReceipt", [tx_hash]) for tx_hash in sorted(hashes)]
    receipts = await rpc.batch(calls)
    gas = sum(int(receipt["gasUsed"], 16) for receipt in receipts)
    return Settlements(trades, fills, cash, gas)


async def _logs(rpc: Rpc, deployed: Deployment, lowest: int, head: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for first in range(lowest, head + 1, BLOCKS_COUNT_MAX):
        last = min(first + BLOCKS_COUNT_MAX - 1, head)
        sought = {
            "address": deployed.settlement,
            "fromBlock": hex(first),
            "toBlock": hex(last),
        }
        found += await rpc.call("eth_getLogs", sought)
    return found
