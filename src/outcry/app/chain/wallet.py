"""`outcry chain wallet`: a wallet that is a contract, for a key that will sign for it."""

from pathlib import Path

from outcry.adapters.evm.abi import address_of, address_text
from outcry.adapters.evm.artefacts import artefact
from outcry.adapters.evm.deployment import load, read_key
from outcry.adapters.evm.rpc import Rpc
from outcry.adapters.evm.sender import Sender
from outcry.app.chain.faucet import paying, who_is
from outcry.app.failures import UsageError


async def run(data_dir: Path, owner: str, *, key: Path | None) -> str:
    """Create the wallet and return its address; raises `UsageError`."""
    who, made = who_is(owner), artefact("wallet")
    if not any(who):
        raise UsageError("nobody owns a wallet: name the address of a key")
    deployed = load(data_dir)
    async with Rpc(deployed.rpc_url) as rpc:
        payer = read_key(key) if key else await paying(rpc, who)
        sender = Sender(rpc, payer, deployed.chain_id)
        creation = made.interface.creation(made.creation, who, address_of(deployed.settlement))
        receipt = await sender.create(creation)
    assert receipt.contract is not None, "a transaction without a receiver creates a contract"
    return address_text(receipt.contract)
