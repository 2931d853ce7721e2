"""`outcry up --chain`: an exchange beside a development chain of its own, with one command."""

import asyncio
from pathlib import Path
from typing import Final

import typer
from msgspec.structs import replace

from outcry.adapters.evm import deployment as files
from outcry.adapters.evm.devnet import CHAIN_ID, HOST, STATE_FILE, DevNode, NodeFailed
from outcry.adapters.evm.node_modules import NotFetched, anvil, conditional_tokens
from outcry.app.chain.dev import Wanted, dev_node, prepared
from outcry.app.chain.fetching import fetch
from outcry.app.embedded import up
from outcry.app.failures import UsageError
from outcry.app.record import running_pid
from outcry.app.supervisor import first
from outcry.runtime.config import Config
from outcry.runtime.ports import free_port


BLOCK_MS: Final = 1_000
EXIT_DELAY: Final = 3_600
_LOOK_SECONDS: Final = 0.2


def run(config: Config) -> None:
    """Run both until a signal; fetch first what is missing. Raises `UsageError`."""
    folder = Path(config.data_dir)
    problem = _problem(folder)
    if problem:
        raise UsageError(problem)
    _fetched(folder)
    wanted = Wanted(folder, free_port(HOST), CHAIN_ID, BLOCK_MS, EXIT_DELAY, own=False, fresh=False)
    with dev_node(wanted) as node:
        deployed = asyncio.run(prepared(wanted, node.url))
        typer.echo(f"A development chain, number {deployed.chain_id}, is at {node.url}")
        settlement = replace(config.settlement, chain="evm", rpc_url=node.url)
        asyncio.run(_both(replace(config, settlement=settlement), node))


async def _both(config: Config, node: DevNode) -> None:
    await first(up(config), _watched(node))


async def _watched(node: DevNode) -> None:
    while node.running():  # noqa: ASYNC110 - a child process tells nobody
        await asyncio.sleep(_LOOK_SECONDS)
    raise NodeFailed(f"the chain ended by itself; it said what is in {node.log}")


def _problem(folder: Path) -> str:
    """Return why a development chain cannot be beside what is in *folder*, "" if it can."""
    if running_pid(str(folder)) is not None:
        return f"the exchange in {folder} runs already: `outcry stop` stops it"
    deployed = files.deployment_file(folder).exists()
    if deployed and not (files.folder(folder) / STATE_FILE).exists():
        return f"the exchange in {folder} settles on another chain: `outcry up` without --chain"
    if (folder / "postgres").is_dir() and not deployed:
        return (
            f"the exchange in {folder} was begun without a chain: "
            "--data-dir names another folder, `outcry reset` forgets it"
        )
    return ""


def _fetched(folder: Path) -> None:
    try:
        conditional_tokens(folder)
        anvil(folder)
    except NotFetched:
        typer.echo("Fetching anvil and the code of ConditionalTokens with npm ...")
        fetch(folder)
