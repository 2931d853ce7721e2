"""`outcry chain escrow`: what the settlement contract holds for an address, asked of the chain."""

import json
from pathlib import Path
from typing import Final, NamedTuple

from outcry.adapters.evm.abi import address_of, address_text
from outcry.adapters.evm.artefacts import artefact
from outcry.adapters.evm.deployment import Deployment, load
from outcry.adapters.evm.devnet import signer
from outcry.adapters.evm.rpc import Rpc
from outcry.adapters.evm.sender import Sender
from outcry.app.chain.faucet import who_is
from outcry.app.operate.reading import table
from outcry.domain.units import format_money


#: Blocks whose registrations are asked for at once: nodes refuse longer ranges.
RANGE_BLOCKS: Final = 10_000
COLLATERAL: Final = 0
HEADINGS: Final = ("asset", "amount", "condition")


class Held(NamedTuple):
    """An amount in escrow; collateral has asset 0 and no condition."""

    asset: int
    outcome: int
    condition: str
    amount: int


async def run(data_dir: Path, address: str, *, as_json: bool) -> str:
    """Return what is held for *address*; raises `NotDeployed` and `ChainUnavailable`."""
    who, deployed = who_is(address), load(data_dir)
    async with Rpc(deployed.rpc_url) as rpc:
        head = int(await rpc.call("eth_blockNumber"), 16)
        held = await _held(deployed, rpc, who, head)
    if as_json:
        said = [{**one._asdict(), "asset": str(one.asset)} for one in held]
        return json.dumps({"address": address_text(who), "block": head, "held": said})
    rows = [(_name(one), format_money(one.amount), one.condition) for one in held]
    return f"{address_text(who)} at block {head}\n" + table(HEADINGS, rows, "")


async def _held(deployed: Deployment, rpc: Rpc, who: bytes, head: int) -> list[Held]:
    """Return collateral, and every outcome token that there is something of."""
    contract, interface = address_of(deployed.settlement), artefact("settlement").interface
    # A view has no sender; any key does.
    sender = Sender(rpc, signer("status"), deployed.chain_id)

    async def amount(asset: int) -> int:
        found = await sender.view(contract, interface, "escrowOf", who, asset)
        return int(found)

    held = [Held(COLLATERAL, 0, "", await amount(COLLATERAL))]
    for first in range(deployed.deployed_block, head + 1, RANGE_BLOCKS):
        asked = {
            "address": deployed.settlement,
            "fromBlock": hex(first),
            "toBlock": hex(min(head, first + RANGE_BLOCKS - 1)),
            "topics": [f"0x{interface.topic('Registered').hex()}"],
        }
        for log in await rpc.call("eth_getLogs", asked):
            topics = [bytes.fromhex(topic[2:]) for topic in log["topics"]]
            event = interface.event(topics, bytes.fromhex(log["data"][2:]))
            assert event is not None, "only registrations were asked for"
            for outcome, name in enumerate(("yes", "no")):
                token = int(str(event.values[name]))
                tokens = await amount(token)
                if tokens:
                    held.append(Held(token, outcome, log["topics"][1], tokens))
    return held


def _name(held: Held) -> str:
    return "collateral" if held.asset == COLLATERAL else f"outcome {held.outcome}"
