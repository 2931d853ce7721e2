"""An exchange of this run's own whose trades settle on a development chain, and two who trade."""

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, redirect_stdout
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from outcry.adapters.evm.deployment import Deployment
from outcry.adapters.evm.devnet import DevNode
from outcry.app.chain.dev import Wanted, dev_node, prepared
from outcry.app.demo.chain.bots import KeyBot, Scene
from outcry.app.demo.chain.run import CHAIN_ID, EXIT_DELAY, deposits, opened, settling
from outcry.app.demo.people import OPERATOR, TokenSource
from outcry.app.demo.run import Terms
from outcry.app.demo.venue import Doors, claim, demo_config, entered
from outcry.runtime import logging
from outcry.runtime.config import Config
from outcry.runtime.shutdown import Shutdown


END_MS_MAX = 60_000


class Place(NamedTuple):
    """A chain, and the configuration of an exchange on it that has not been started."""

    node: DevNode
    deployed: Deployment
    config: Config


class Floor(NamedTuple):
    """A running exchange, its markets, and two traders with money in escrow."""

    doors: Doors
    scene: Scene
    bots: list[KeyBot]

    def headers(self, bot: KeyBot) -> dict[str, str]:
        """Return what says who asks."""
        token = TokenSource(self.doors.config, bot.name, admin=False)()
        return {"Authorization": f"Bearer {token}"}


@contextmanager
def chain_place(block_ms: int) -> Iterator[Place]:
    """Run a chain with our contracts on it for the length of the block."""
    with TemporaryDirectory(prefix="outcry-bench-chain-") as folder:
        config = demo_config(None, Path(folder))
        logging.configure(config.log, "bench")
        claim(config)
        wanted = Wanted(Path(folder), 0, CHAIN_ID, block_ms, EXIT_DELAY, own=False, fresh=False)
        with dev_node(wanted) as node:
            deployed = asyncio.run(prepared(wanted, node.url))
            yield Place(node, deployed, settling(config, deployed))


@asynccontextmanager
async def trading(place: Place) -> AsyncIterator[Floor]:
    """Run the exchange for the length of the block."""
    async with AsyncExitStack() as stack:
        # What an exchange says to its operator is no figure.
        stack.enter_context(redirect_stdout(sys.stderr))
        shutdown = stack.enter_context(Shutdown(END_MS_MAX))
        doors = await stack.enter_async_context(entered(place.config, shutdown))
        assert doors is not None, "nobody stops a bench while it starts"
        operator = await stack.enter_async_context(doors.client(OPERATOR, admin=True))
        bots = [KeyBot(index, doors, 1) for index in range(2)]
        for bot in bots:
            await stack.enter_async_context(bot.client)
        terms = Terms(seconds=None, bots=2, seed=1, rate=1)
        scene = await opened(doors, operator, place.deployed, terms)
        await deposits(operator, place.deployed, bots)
        yield Floor(doors, scene, bots)
