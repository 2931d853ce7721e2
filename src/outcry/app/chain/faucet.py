"""`outcry chain faucet`: development collateral for an address, or into its escrow."""

from pathlib import Path
from typing import Final

from outcry.adapters.evm.abi import address_of, address_text
from outcry.adapters.evm.artefacts import artefact
from outcry.adapters.evm.deployment import Deployment, load, read_key
from outcry.adapters.evm.devnet import fund, signer
from outcry.adapters.evm.rpc import Rpc, RpcError
from outcry.adapters.evm.sender import Sender
from outcry.adapters.evm.signer import Signer
from outcry.app.failures import UsageError
from outcry.domain.units import MONEY_DECIMALS, format_money, parse_decimal


#: Whose key mints on a development chain; the operator's belongs to settling alone.
FAUCET: Final = "faucet"


async def run(data_dir: Path, address: str, amount: str, *, escrow: bool, key: Path | None) -> str:
    """Mint and return what was done; raises `UsageError`."""
    who, micros = who_is(address), _micros(amount)
    deployed = load(data_dir)
    async with Rpc(deployed.rpc_url) as rpc:
        payer = read_key(key) if key else await paying(rpc, who)
        sender = Sender(rpc, payer, deployed.chain_id)
        await give(sender, deployed, who, micros, escrow=escrow)
    where = "in the escrow of" if escrow else "to"
    return f"{format_money(micros)} {where} {address_text(who)}"


async def give(
    sender: Sender, deployed: Deployment, who: bytes, micros: int, *, escrow: bool
) -> None:
    """Mint *micros* for *who*, into their escrow if so wanted; raises `NotSettled`."""
    collateral, settlement = artefact("collateral").interface, artefact("settlement").interface
    token, contract = address_of(deployed.collateral), address_of(deployed.settlement)
    if not escrow:
        await sender.call(token, collateral, "mint", who, micros)
        return
    mine = sender.signer.address
    await sender.call(token, collateral, "mint", mine, micros)
    await sender.call(token, collateral, "approve", contract, micros)
    await sender.call(contract, settlement, "deposit", who, micros)


async def paying(rpc: Rpc, who: bytes) -> Signer:
    """Return the key that pays on a development chain, with money for gas; *who* gets some too.

    Raises `UsageError` on another chain.
    """
    one = signer(FAUCET)
    try:
        await fund(rpc, [one.address, who])
    except RpcError as error:
        raise UsageError(
            "this is no development chain, where gas is free: --key names a key that pays"
        ) from error
    return one


def who_is(address: str) -> bytes:
    """Return the address in a text; raises `UsageError`."""
    try:
        return address_of(address)
    except ValueError as error:
        raise UsageError(f"{address!r} is no address: 0x and 40 hexadecimal digits") from error


def _micros(amount: str) -> int:
    micros = parse_decimal(amount, MONEY_DECIMALS)
    if not micros:
        raise UsageError(f"{amount!r} is no amount: 100 or 0.25, up to {MONEY_DECIMALS} decimals")
    return micros
