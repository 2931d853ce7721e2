"""One demo, from the first request to the verdict."""

import asyncio
import time
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rich.console import Console

from outcry.adapters.evm.deployment import deployment_file
from outcry.app.checking import check
from outcry.app.demo.bot import Bot, DemoFailed, World
from outcry.app.demo.figures import Figures
from outcry.app.demo.floor import Floor, list_questions
from outcry.app.demo.maker import Maker
from outcry.app.demo.pacing import Pacer
from outcry.app.demo.people import OPERATOR
from outcry.app.demo.rounds import Rounds
from outcry.app.demo.show import Screen, figures_table
from outcry.app.demo.taker import Taker
from outcry.app.demo.venue import Doors, absent_bots, entered
from outcry.app.failures import DONE, FAILED, UsageError, first_leaf
from outcry.runtime import logging
from outcry.runtime.config import Config
from outcry.runtime.shutdown import Shutdown
from outcry_sdk import AsyncClient, SdkError


#: What ending may take: the last round, cancelling, verifying all of the log, stopping.
END_MS_MAX: Final = 900_000
READY_SECONDS_MAX: Final = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What the command was given; without *seconds* a demo goes on until it is stopped."""

    seconds: int | None
    bots: int
    seed: int
    rate: int


def run(config: Config, terms: Terms) -> int:
    """Run a demo; returns the exit code."""
    logging.configure(config.log, "demo")
    if deployment_file(Path(config.data_dir)).exists():
        raise UsageError(f"the demo in {config.data_dir} lives on a chain: `outcry demo --chain`")
    return asyncio.run(_demo(config, terms))


async def _demo(config: Config, terms: Terms) -> int:
    console = Console()
    with Shutdown(END_MS_MAX) as shutdown:
        async with entered(config, shutdown) as doors:
            if doors is None:
                console.print("Stopped before anything was traded.")
                return FAILED
            _tell_addresses(console, doors)
            demo = Demo(doors, terms, console)
            orderly = await demo.trade(shutdown)
            demo.summarise()
            console.print("Verifying the whole log ...", highlight=False)
            report = await check(doors.config)
            console.print("\n".join(report.lines()), highlight=False, markup=False, soft_wrap=True)
            return DONE if orderly and report.clean else FAILED


class Demo:
    """Bots and a screen on one venue."""

    def __init__(self, doors: Doors, terms: Terms, console: Console) -> None:
        """Nothing is connected yet."""
        self._terms = terms
        self._console = console
        self._doors = doors
        self._figures = Figures()
        self._floor = Floor(doors.depth_feed(), terms.seed)
        pacer, name = Pacer(terms.rate), f"{time.time_ns() // 1_000_000:x}"
        self._world = World(doors, self._floor, self._figures, pacer, terms.seed, name)
        makers = (terms.bots + 1) // 2
        self._bots: list[Bot] = [Maker(index, makers, self._world) for index in range(makers)]
        self._bots += [Taker(index, self._world) for index in range(terms.bots - makers)]
        self._screen = Screen(console, self._floor, self._figures, terms.seconds)
        self._traded_seconds = 0.0

    async def trade(self, shutdown: Shutdown) -> bool:
        """Trade until the time is over or somebody stops us; returns whether all went well."""
        try:
            left = await self._attend(shutdown)
        except (DemoFailed, SdkError, TimeoutError, BaseExceptionGroup) as failure:
            error = first_leaf(failure)
            if not isinstance(error, DemoFailed | SdkError | TimeoutError):
                raise
            self._tell(f"The demo failed: {str(error) or type(error).__name__}")
            return False
        if left:
            self._tell(f"{left} orders are open that should have been cancelled.")
        return not left

    def summarise(self) -> None:
        """Print the figures of the whole run."""
        if not self._console.is_terminal:
            self._screen.tell_happenings()
        makers = sum(isinstance(bot, Maker) for bot in self._bots)
        self._tell(
            f"\nTraded {self._traded_seconds:.1f} s. Bots: {makers} quoted, "
            f"{len(self._bots) - makers} took, seed {self._terms.seed}."
        )
        self._console.print(figures_table(self._figures, self._traded_seconds), highlight=False)
        self._tell("")

    async def _attend(self, shutdown: Shutdown) -> int:
        """Let everybody come, trade and go; returns how many orders are left open."""
        async with AsyncExitStack() as stack:
            operator = self._doors.client(OPERATOR, admin=True)
            await stack.enter_async_context(operator)
            stack.push_async_callback(self._floor.feed.aclose)
            for bot in self._bots:
                await stack.enter_async_context(bot)
            await list_questions(operator, self._floor)
            await self._clear()
            await asyncio.gather(*(bot.enroll(operator) for bot in self._bots))
            try:
                return await self._session(operator, shutdown)
            except Exception:
                self._traded_seconds = self._screen.elapsed
                with suppress(SdkError):
                    await asyncio.gather(*(bot.client.cancel_all_orders() for bot in self._bots))
                raise

    async def _clear(self) -> None:
        """Cancel what bots left that were killed and do not take part this time."""
        for name in absent_bots(self._doors.config, [bot.name for bot in self._bots]):
            async with self._doors.client(name) as client:
                await client.user_data()
                await client.cancel_all_orders()

    async def _session(self, operator: AsyncClient, shutdown: Shutdown) -> int:
        """Let everybody trade; returns how many orders are left open."""
        stop = asyncio.Event()
        rounds = Rounds(operator, self._world, self._bots, self._terms.seconds)
        async with asyncio.TaskGroup() as group:
            background = [
                group.create_task(work)
                for work in (
                    self._floor.follow_books(),
                    self._floor.wander(),
                    *(bot.listen() for bot in self._bots),
                )
            ]
            async with asyncio.timeout(READY_SECONDS_MAX):
                await asyncio.gather(*(bot.ready() for bot in self._bots))
            background.append(group.create_task(self._screen.run()))
            work = [group.create_task(bot.trade(stop)) for bot in self._bots]
            work.append(group.create_task(rounds.run(stop)))
            await _until(shutdown, self._terms.seconds)
            stop.set()
            self._traded_seconds = self._screen.elapsed
            await asyncio.wait(work)
            left = sum(await asyncio.gather(*(bot.leave() for bot in self._bots)))
            for task in background:
                task.cancel()
        return left

    def _tell(self, text: str) -> None:
        self._console.print(text, highlight=False, markup=False, soft_wrap=True)


async def _until(shutdown: Shutdown, seconds: int | None) -> None:
    """Return when somebody asks for the end, or after so many seconds."""
    try:
        async with asyncio.timeout(seconds):
            await shutdown.wait()
    except TimeoutError:
        return


def _tell_addresses(console: Console, doors: Doors) -> None:
    lines = (
        "The demo trades here:\n",
        f"  {doors.http}/api/events   every market, with its prices",
        f"  {doors.http}/docs         every request there is",
        f"  {doors.feeds}/depth          the public feed",
        f"  {doors.feeds}/user           the private feed\n",
    )
    console.print("\n".join(lines), highlight=False, markup=False, soft_wrap=True)
