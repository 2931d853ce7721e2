"""`outcry chain status`: what is deployed, and whether the chain agrees."""

import json
from pathlib import Path
from typing import Any, Final

from msgspec.structs import asdict

from outcry.adapters.evm.abi import address_of
from outcry.adapters.evm.artefacts import artefact
from outcry.adapters.evm.deploy import stands
from outcry.adapters.evm.deployment import Deployment, load
from outcry.adapters.evm.devnet import signer
from outcry.adapters.evm.rpc import Rpc
from outcry.adapters.evm.sender import Sender
from outcry.app.operate.reading import facts
from outcry.domain.units import format_money
from outcry.ports.chain import ChainUnavailable


_WEI: Final = 10**18


async def run(data_dir: Path, *, as_json: bool) -> tuple[str, bool]:
    """Return what there is to say, and whether all is well; raises `NotDeployed`."""
    deployed = load(data_dir)
    async with Rpc(deployed.rpc_url) as rpc:
        try:
            found = await _found(deployed, rpc)
        except ChainUnavailable as error:
            found = {"problem": str(error)}
    said = asdict(deployed) | found
    text = json.dumps(said) if as_json else facts((k.replace("_", " "), v) for k, v in said.items())
    return text, not found.get("problem")


async def _found(deployed: Deployment, rpc: Rpc) -> dict[str, Any]:
    chain_id = int(await rpc.call("eth_chainId"), 16)
    if chain_id != deployed.chain_id:
        return {"problem": f"the node is of chain {chain_id}, not {deployed.chain_id}"}
    # A view has no sender; any key does.
    sender = Sender(rpc, signer("status"), chain_id)
    head = int(await rpc.call("eth_blockNumber"), 16)
    if not await stands(deployed, sender):
        return {"head": head, "problem": "the settlement contract is not on this chain"}
    contract, interface = address_of(deployed.settlement), artefact("settlement").interface
    gas_money = int(await rpc.call("eth_getBalance", deployed.operator, "latest"), 16)
    operating = await sender.view(contract, interface, "isOperator", address_of(deployed.operator))
    paused = await sender.view(contract, interface, "paused")
    fee_account = await sender.view(contract, interface, "feeAccount")
    fees = await sender.view(contract, interface, "escrowOf", fee_account, 0)
    return {
        "head": head,
        "paused": paused,
        "escrowed": format_money(await sender.view(contract, interface, "escrowed")),
        "fees": format_money(fees),
        "gas_money": f"{gas_money / _WEI:.6f}",
        "problem": _problem(operating=operating, paused=paused, gas_money=gas_money),
    }


def _problem(*, operating: bool, paused: bool, gas_money: int) -> str:
    if not operating:
        return "the operator of the deployment may not settle"
    if paused:
        return "the contract is paused"
    return "" if gas_money else "the operator has nothing to pay for gas"
