"""One demo on a chain of its own: deploy, deposit, trade, settle, resolve, redeem, prove."""

import asyncio
import secrets
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final

from msgspec.structs import replace
from rich.console import Console

from outcry.adapters.evm.abi import address_of
from outcry.adapters.evm.deployment import Deployment, deployment_file
from outcry.adapters.evm.devnet import fund, signer
from outcry.adapters.evm.rpc import Rpc
from outcry.adapters.evm.sender import NotSettled, Sender
from outcry.app.chain.dev import FAUCET, Wanted, dev_node, prepared
from outcry.app.chain.faucet import give
from outcry.app.checking import check
from outcry.app.demo.chain.bots import FUNDS, SETS, KeyBot, Scene, in_state, redeemed
from outcry.app.demo.chain.figures import Settlements, settlements
from outcry.app.demo.people import OPERATOR
from outcry.app.demo.run import END_MS_MAX, Terms
from outcry.app.demo.venue import Doors, claim, entered
from outcry.app.failures import DONE, FAILED, UsageError
from outcry.app.record import running_pid
from outcry.domain.units import MONEY_DECIMALS
from outcry.runtime import logging
from outcry.runtime.config import Config
from outcry.runtime.eip712 import Domain, separator
from outcry.runtime.shutdown import Shutdown
from outcry_sdk import AsyncClient, NewMarket, SdkError


SECONDS: Final = 30
BLOCK_MS: Final = 300
CONFIRMATIONS: Final = 2
EXIT_DELAY: Final = 3_600
CHAIN_ID: Final = 80_002
QUESTIONS: Final = (("rain", "Will it rain tomorrow?"), ("wind", "Will there be a storm?"))
MICROS: Final = 10**MONEY_DECIMALS


def run(config: Config, terms: Terms) -> int:
    """Run a demo; returns the exit code."""
    logging.configure(config.log, "demo")
    claim(config)
    folder = Path(config.data_dir)
    if running_pid(config.data_dir) is not None:
        raise UsageError(f"the demo in {folder} runs: `outcry stop --data-dir {folder}` first")
    if (folder / "postgres").is_dir() and not deployment_file(folder).exists():
        raise UsageError(f"the demo in {folder} lives on no chain: --data-dir names another folder")
    wanted = Wanted(folder, 0, CHAIN_ID, BLOCK_MS, EXIT_DELAY, own=False, fresh=False)
    console = Console()
    with dev_node(wanted) as node:
        deployed = asyncio.run(prepared(wanted, node.url))
        say(console, f"Chain {deployed.chain_id} at {node.url}, contract {deployed.settlement}")
        return asyncio.run(_demo(settling(config, deployed), deployed, terms, console))


def settling(config: Config, deployed: Deployment) -> Config:
    """Return *config* with everything on the chain, and orders by signature alone."""
    settlement = replace(
        config.settlement, mode="chain", chain="evm", rpc_url="", confirmations=CONFIRMATIONS
    )
    trading = replace(
        config.trading,
        unsigned_orders=False,
        signed_orders=True,
        signing_name=deployed.domain_name,
        signing_chain_id=deployed.chain_id,
        signing_contract=deployed.home_v2,
    )
    return replace(config, settlement=settlement, trading=trading)


async def _demo(config: Config, deployed: Deployment, terms: Terms, console: Console) -> int:
    async with AsyncExitStack() as stack:
        shutdown = stack.enter_context(Shutdown(END_MS_MAX))
        doors = await stack.enter_async_context(entered(config, shutdown))
        if doors is None:
            say(console, "Stopped before anything was traded.")
            return FAILED
        say(console, f"The exchange: {doors.http}/docs")
        try:
            await _trade(doors, deployed, terms, console, shutdown)
        except (SdkError, NotSettled, TimeoutError) as error:
            say(console, f"The demo failed: {str(error) or type(error).__name__}")
            return FAILED
        say(console, "Verifying the whole log and the contracts ...")
        report = await check(doors.config, chain=True)
        say(console, "\n".join(report.lines()))
        return DONE if report.clean else FAILED


async def _trade(
    doors: Doors, deployed: Deployment, terms: Terms, console: Console, shutdown: Shutdown
) -> None:
    """Let bots come, trade for a while, and take home what the markets pay."""
    bots = [KeyBot(index, doors, terms.seed) for index in range(terms.bots)]
    async with Rpc(deployed.rpc_url) as rpc:
        first = int(await rpc.call("eth_blockNumber"), 16) + 1
    async with AsyncExitStack() as stack:
        operator = await stack.enter_async_context(doors.client(OPERATOR, admin=True))
        for bot in bots:
            await stack.enter_async_context(bot.client)
        scene = await opened(doors, operator, deployed, terms)
        say(console, f"{len(scene.markets)} markets are known to the contract; bots deposit.")
        await deposits(operator, deployed, bots)
        await asyncio.gather(*(bot.split(market) for bot in bots for market in scene.markets))
        stop, since = asyncio.Event(), asyncio.get_running_loop().time()
        seconds = terms.seconds or SECONDS
        say(console, f"{len(bots)} bots sign {terms.rate} orders a second for {seconds} s.")
        async with asyncio.TaskGroup() as group:
            for bot in bots:
                group.create_task(bot.trade(scene, stop))
            await _until(shutdown, seconds)
            stop.set()
        lasted = asyncio.get_running_loop().time() - since
        await asyncio.gather(*(bot.leave() for bot in bots))
        await _paid(operator, scene, bots, console)
        async with Rpc(deployed.rpc_url) as rpc:
            found = await settlements(rpc, deployed, first)
        _summarise(console, scene, found, lasted)


async def opened(doors: Doors, operator: AsyncClient, deployed: Deployment, terms: Terms) -> Scene:
    """List an event and wait until the contract knows its markets."""
    name = f"chain-{secrets.token_hex(4)}"
    wanted = [
        NewMarket(
            market_identifier=f"{name}-{short}",
            question=question,
            title=short.title(),
            tick_size="0.01",
            min_price="0.01",
            min_quantity="1",
        )
        for short, question in QUESTIONS
    ]
    made = await operator.create_event(name, "Weather tomorrow", wanted, topic="Weather")
    markets = await in_state(operator, made.event_id, ("open",))
    home = address_of(deployed.home_v2)
    domain = separator(Domain(deployed.domain_name, "2", deployed.chain_id, home))
    fair = {market.market_id: 50 for market in markets}
    return Scene(doors, made.event_id, markets, domain, float(terms.rate), terms.bots, fair)


async def deposits(operator: AsyncClient, deployed: Deployment, bots: list[KeyBot]) -> None:
    """Put collateral into every bot's escrow, and wait until the exchange has seen it."""
    for bot in bots:
        await bot.enroll(operator)
    async with Rpc(deployed.rpc_url) as rpc:
        faucet = signer(FAUCET)
        await fund(rpc, [faucet.address])
        sender = Sender(rpc, faucet, deployed.chain_id)
        for bot in bots:
            await give(sender, deployed, bot.signer.address, FUNDS * MICROS, escrow=True)
    needed = SETS * len(QUESTIONS)
    await asyncio.gather(*(bot.funded(needed) for bot in bots))


async def _paid(operator: AsyncClient, scene: Scene, bots: list[KeyBot], console: Console) -> None:
    """Close, wait until nothing is pending, resolve on the chain, redeem."""
    say(console, "Closing: every trade has to be confirmed first.")
    await operator.close_event(scene.event_id)
    await in_state(operator, scene.event_id, ("closed",))
    for market in scene.markets:
        await operator.resolve_market(market.market_id, winner=market.outcome_0_name)
    await in_state(operator, scene.event_id, ("resolved",))
    await redeemed(bots, {market.market_id for market in scene.markets})
    say(console, "Resolved by the oracle, redeemed by the contract: nobody holds a token of them.")


def _summarise(console: Console, scene: Scene, found: Settlements, seconds: float) -> None:
    taken = scene.counts.pop("taken", 0)
    say(console, f"\nTraded {seconds:.0f} s: {taken} signed orders taken.")
    for reason, count in scene.counts.most_common(5):
        say(console, f"  declined {count}: {reason}")
    say(console, found.text())


def say(console: Console, text: str) -> None:
    """Print *text* as it is."""
    console.print(text, highlight=False, markup=False, soft_wrap=True)


async def _until(shutdown: Shutdown, seconds: int) -> None:
    try:
        async with asyncio.timeout(seconds):
            await shutdown.wait()
    except TimeoutError:
        return
