"""A development chain: a real node, deployed to, stopped, killed and started again."""

import asyncio
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.contracts.needs import needs_anvil, needs_tokens

from outcry.adapters.evm.abi import address_text
from outcry.adapters.evm.artefacts import artefact
from outcry.adapters.evm.deploy import Plan, Refused, deploy, stands
from outcry.adapters.evm.deployment import Deployment
from outcry.adapters.evm.devnet import (
    CHAIN_ID,
    STATE_FILE,
    DevNode,
    DevSettings,
    NodeFailed,
    fund,
    signer,
)
from outcry.adapters.evm.node_modules import anvil, conditional_tokens
from outcry.adapters.evm.rpc import Rpc
from outcry.adapters.evm.sender import NotSettled, Sender
from outcry.adapters.evm.signer import Transaction


pytestmark = [needs_anvil, needs_tokens]
OWNER = signer("owner")


def plan(url: str, chain_id: int = CHAIN_ID) -> Plan:
    """Return a plan whose every role is the owner's."""
    return Plan(chain_id, url, "Test", OWNER.address, OWNER.address, OWNER.address)


async def deployed(url: str) -> Deployment:
    """Deploy everything to the chain at *url*."""
    async with Rpc(url) as rpc:
        await fund(rpc, [OWNER.address])
        return await deploy(plan(url), Sender(rpc, OWNER, CHAIN_ID), conditional_tokens)


async def found(url: str, deployment: Deployment) -> bool:
    """Whether the chain at *url* has the deployment."""
    async with Rpc(url) as rpc:
        return await stands(deployment, Sender(rpc, OWNER, CHAIN_ID))


def test_what_is_deployed_is_there_after_a_restart(tmp_path: Path) -> None:
    """A chain that keeps its state has its contracts when it was stopped and started again."""
    settings = DevSettings(anvil(), tmp_path, keeps=True)
    with DevNode(settings) as node:
        deployment = asyncio.run(deployed(node.url))
        assert asyncio.run(found(node.url, deployment))
    with DevNode(settings) as node:
        assert asyncio.run(found(node.url, deployment))


def test_a_fresh_chain_has_nothing(tmp_path: Path) -> None:
    """On a chain that started anew a deployment does not stand, and that is told, not raised."""
    with DevNode(DevSettings(anvil(), tmp_path)) as node:
        deployment = asyncio.run(deployed(node.url))
    with DevNode(DevSettings(anvil(), tmp_path)) as node:
        assert not asyncio.run(found(node.url, deployment))


async def test_what_a_contract_declines_is_told(tmp_path: Path) -> None:
    """A call that would revert is not sent; what the contract says is in the message."""
    with DevNode(DevSettings(anvil(), tmp_path)) as node:
        deployment = await deployed(node.url)
        async with Rpc(node.url) as rpc:
            stranger = signer("stranger")
            await fund(rpc, [stranger.address])
            sender = Sender(rpc, stranger, CHAIN_ID)
            contract = bytes.fromhex(deployment.settlement[2:])
            interface = artefact("settlement").interface
            with pytest.raises(NotSettled, match=r"Refused\(2,\)"):
                await sender.call(contract, interface, "setPaused", True)


async def test_alias_elsewhere(tmp_path: Path) -> None:
    """On a chain that others use no order may be signed for another address than the contract's."""
    with DevNode(DevSettings(anvil(), tmp_path, chain_id=137)) as node:
        async with Rpc(node.url) as rpc:
            await fund(rpc, [OWNER.address])
            sender = Sender(rpc, OWNER, 137)
            chosen = plan(node.url, 137)._replace(home_v1=b"\1" * 20)
            with pytest.raises(Refused, match="only on chains 80002 and 31337"):
                await deploy(chosen, sender, conditional_tokens)


async def test_collateral_with_other_decimals(tmp_path: Path) -> None:
    """What has no decimals is no collateral."""
    with DevNode(DevSettings(anvil(), tmp_path)) as node:
        deployment = await deployed(node.url)
        async with Rpc(node.url) as rpc:
            ctf = bytes.fromhex(deployment.ctf[2:])
            chosen = plan(node.url)._replace(ctf=ctf, collateral=ctf)
            with pytest.raises(Refused, match="no ERC-20"):
                await deploy(chosen, Sender(rpc, OWNER, CHAIN_ID), conditional_tokens)


async def test_blocks_come_by_the_clock(tmp_path: Path) -> None:
    """With a pause between blocks a transaction waits for the next one."""
    with DevNode(DevSettings(anvil(), tmp_path, block_ms=60_000)) as node:
        async with Rpc(node.url) as rpc:
            await fund(rpc, [OWNER.address])
            raw = OWNER.sign(Transaction(CHAIN_ID, 0, OWNER.address, b"", 30_000, 10**10, 1)).raw
            tx_hash = await rpc.call("eth_sendRawTransaction", "0x" + raw.hex())
            assert await rpc.call("eth_getTransactionReceipt", tx_hash) is None
            await rpc.call("evm_mine")
            assert await rpc.call("eth_getTransactionReceipt", tx_hash) is not None


def test_a_port_that_is_taken(tmp_path: Path) -> None:
    """A node does not pretend to be somebody else who listens at its port."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        one.listen()
        port = one.getsockname()[1]
        with pytest.raises(NodeFailed, match=f"port {port} is taken"):
            DevNode(DevSettings(anvil(), tmp_path, port=port)).start()


def test_a_folder_has_one_chain_at_a_time(tmp_path: Path) -> None:
    """Two nodes that save to one file would spoil it: the second does not start."""
    with DevNode(DevSettings(anvil(), tmp_path, keeps=True)) as first:
        with pytest.raises(NodeFailed, match=f"a chain runs in {tmp_path} already"):
            DevNode(DevSettings(anvil(), tmp_path, keeps=True)).start()
        assert first.running()
    with DevNode(DevSettings(anvil(), tmp_path, keeps=True)) as second:
        assert second.running()


def test_a_saved_chain_that_cannot_be_read_says_how_to_begin_anew(tmp_path: Path) -> None:
    """Half a state, as a kill in the middle of saving leaves it."""
    (tmp_path / STATE_FILE).write_text('{"block": {"number"')
    with pytest.raises(NodeFailed, match="outcry chain dev --fresh"):
        DevNode(DevSettings(anvil(), tmp_path, keeps=True)).start()


def test_a_program_that_is_none(tmp_path: Path) -> None:
    """A node that ends at once is told with what it said."""
    program = tmp_path / "anvil"
    program.write_text("#!/bin/sh\necho no such chain\nexit 1\n")
    program.chmod(0o755)
    with pytest.raises(NodeFailed, match="no such chain"):
        DevNode(DevSettings(program, tmp_path)).start()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child")
def test_a_killed_parent_leaves_no_node(tmp_path: Path) -> None:
    """When the process that started a node is killed, the node ends too."""
    script = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from outcry.adapters.evm.devnet import DevNode, DevSettings\n"
        "from outcry.adapters.evm.node_modules import anvil\n"
        "node = DevNode(DevSettings(anvil(), Path(sys.argv[1])))\n"
        "node.start()\n"
        "print(node.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        parent.kill()
    wait_for_end(pid)


def wait_for_end(pid: int) -> None:
    """Return when no process *pid* runs; the test's own bound ends the wait."""
    while not zombie(pid):
        time.sleep(0.02)


def zombie(pid: int) -> bool:
    """Whether process *pid* has ended and nobody has asked how."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().split(") ")[1][0] == "Z"
    except OSError:
        return True


def test_addresses_have_checksums() -> None:
    """Addresses are written as wallets write them."""
    assert address_text(bytes.fromhex("5aaeb6053f3e94c9b9a09f33669435e7ef1beaed")) == (
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
    )
