"""`outcry chain dev`: a chain on this machine with our contracts on it, until it is told to stop.

The state of the chain, the deployment and the keys outlive the run. A chain whose state is lost, or
that is asked for anew, gets its contracts again at the same addresses.
"""

import asyncio
import signal
import threading
from pathlib import Path
from typing import Final, NamedTuple

import typer
from msgspec.structs import replace

from outcry.adapters.evm import deployment as files
from outcry.adapters.evm.abi import address_text
from outcry.adapters.evm.deploy import Plan, deploy, stands
from outcry.adapters.evm.deployment import Deployment, NotDeployed
from outcry.adapters.evm.devnet import (
    STATE_FILE,
    DevNode,
    DevSettings,
    NodeFailed,
    account,
    fund,
    signer,
)
from outcry.adapters.evm.node_modules import NotFetched, anvil, conditional_tokens
from outcry.adapters.evm.rpc import Rpc
from outcry.adapters.evm.sender import Sender
from outcry.app.failures import UsageError
from outcry.app.options import data_dir_option
from outcry.services.api.clob.profiles import NAME, sandbox


OWNER, OPERATOR, ORACLE, FEES, FAUCET = "owner", "operator", "oracle", "fees", "faucet"
#: Accounts for whoever tries the chain.
PEOPLE: Final = ("alice", "bob", "carol", "dave", "erin")
_LOOK_SECONDS: Final = 0.2


class Wanted(NamedTuple):
    """What chain is wanted; units are the last word of a name, `exit_delay` is in seconds."""

    data_dir: Path
    port: int
    chain_id: int
    block_ms: int
    exit_delay: int
    #: Orders are signed for our own contract, not for the addresses that official clients know.
    own: bool
    fresh: bool


def run(wanted: Wanted) -> None:
    """Serve the chain until a signal; raises `UsageError` without its program."""
    node = dev_node(wanted)
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    with node:
        deployed = asyncio.run(prepared(wanted, node.url))
        typer.echo(_told(wanted, deployed))
        while not stopped.wait(_LOOK_SECONDS):
            if not node.running():
                raise NodeFailed(f"the node ended by itself; it said what is in {node.log}")
        typer.echo("stopping: the state of the chain is being saved")
    typer.echo("stopped")


def dev_node(wanted: Wanted) -> DevNode:
    """Return the node, not started yet; raises `UsageError` without its program."""
    try:
        conditional_tokens(wanted.data_dir)
        return _node(wanted)
    except NotFetched as error:
        raise UsageError(
            f"{error}. Without it `outcry up` settles on a simulated chain: "
            'settlement.chain = "simulated"'
        ) from error


def _node(wanted: Wanted) -> DevNode:
    folder = files.folder(wanted.data_dir)
    if wanted.fresh:
        (folder / STATE_FILE).unlink(missing_ok=True)
    return DevNode(
        DevSettings(
            anvil(wanted.data_dir),
            folder,
            chain_id=wanted.chain_id,
            port=wanted.port,
            block_ms=wanted.block_ms,
            keeps=True,
        )
    )


async def prepared(wanted: Wanted, url: str) -> Deployment:
    """Return the deployment, made if it is not on the chain; its file and keys are written."""
    names = (OWNER, OPERATOR, ORACLE, FEES, FAUCET, *PEOPLE)
    async with Rpc(url) as rpc:
        await fund(rpc, [signer(name).address for name in names])
        sender = Sender(rpc, signer(OWNER), wanted.chain_id)
        found = await _standing(wanted, sender)
        if found is None:
            plan = _plan(wanted, url)
            found = await deploy(plan, sender, lambda: conditional_tokens(wanted.data_dir))
    deployed = replace(found, rpc_url=url)
    files.save_key(wanted.data_dir, files.OPERATOR_KEY, account(OPERATOR))
    files.save_key(wanted.data_dir, files.ORACLE_KEY, account(ORACLE))
    files.save_key(wanted.data_dir, files.OWNER_KEY, account(OWNER))
    files.save(wanted.data_dir, deployed)
    return deployed


async def _standing(wanted: Wanted, sender: Sender) -> Deployment | None:
    try:
        found = files.load(wanted.data_dir)
    except NotDeployed:
        return None
    if found.chain_id != wanted.chain_id or not await stands(found, sender):
        return None
    return found


def _plan(wanted: Wanted, url: str) -> Plan:
    plan = Plan(
        chain_id=wanted.chain_id,
        rpc_url=url,
        domain_name=NAME,
        operator=signer(OPERATOR).address,
        oracle=signer(ORACLE).address,
        fee_account=signer(FEES).address,
        exit_delay=wanted.exit_delay,
    )
    if wanted.own:
        return plan
    # Every chain of ours may stand in for the test network that official clients know.
    homes = sandbox().exchanges
    return plan._replace(home_v1=homes["1"], home_v2=homes["2"])


def _told(wanted: Wanted, deployed: Deployment) -> str:
    people = [
        f"  {name:<9} {address_text(signer(name).address)}  key 0x{account(name).hex()}"
        for name in PEOPLE
    ]
    more = data_dir_option(str(wanted.data_dir))
    return "\n".join(
        [
            f"chain {deployed.chain_id} at {deployed.rpc_url}, "
            + (f"a block every {wanted.block_ms} ms" if wanted.block_ms else "a block each time"),
            f"  settlement {deployed.settlement}",
            f"  tokens     {deployed.ctf}",
            f"  collateral {deployed.collateral}",
            f"  operator   {deployed.operator}   oracle {deployed.oracle}",
            f"  signed for {deployed.home_v1} (1), {deployed.home_v2} (2)",
            f"written to {files.folder(wanted.data_dir) / files.FILE}",
            "accounts with money for gas; everybody knows their keys:",
            *people,
            "next, in another terminal:",
            f"  OUTCRY_SETTLEMENT_CHAIN=evm outcry up{more}       an exchange that settles here",
            f"  outcry chain faucet ADDRESS 1000 --escrow{more}   what somebody can trade with",
            "Ctrl-C saves and stops.",
        ]
    )
