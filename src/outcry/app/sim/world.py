"""A world: one exchange from its first user to the audit, all of it decided by a seed."""

import asyncio
import gc
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import Random
from typing import Final, NamedTuple

from outcry.adapters.memory import (
    MemoryArchive,
    MemoryBus,
    MemoryLedgerLog,
    MemoryProjection,
    MemorySnapshots,
    MemoryTransactions,
)
from outcry.adapters.simulated_chain import SimulatedChain
from outcry.app.sim import layout
from outcry.app.sim.adapters import SimClock
from outcry.app.sim.audit import Auditor
from outcry.app.sim.builder import Builder
from outcry.app.sim.caretaker import Caretaker
from outcry.app.sim.claim import Claim
from outcry.app.sim.contracts import Contracts
from outcry.app.sim.depositor import Depositor
from outcry.app.sim.door import Door
from outcry.app.sim.lane import Lane
from outcry.app.sim.lines import Server
from outcry.app.sim.logs import logs_into
from outcry.app.sim.loop import Exhausted, VirtualLoop
from outcry.app.sim.nature import Nature
from outcry.app.sim.operator import Operator
from outcry.app.sim.process import RESTARTABLE, Process
from outcry.app.sim.rest import halted, where, writer
from outcry.app.sim.storm import Storm
from outcry.app.sim.told import Told
from outcry.app.sim.trace import Trace
from outcry.app.sim.trader import Trader
from outcry.domain.errors import InvariantError


START_US: Final = 1_700_000_000_000_000
TRADERS: Final = ("ann", "bob", "cat", "dan")
#: Virtual seconds of trading, and what it may take until everything has come to rest after it.
TRADING_SECONDS: Final = 4.0
REST_SECONDS_MAX: Final = 60.0
LOOK_SECONDS: Final = 0.05
STEPS_MAX: Final = 150_000
#: Processes of which a lock allows one: who sends to contracts is the only one with its nonces.
ONLY_ONE: Final = ("chain", "onchain", layout.ESCROW)
#: How often what still runs at the end is cancelled: it may be about to cancel others.
ENDINGS_MAX: Final = 20
#: Mean time between two looks at what needs people.
LOOK_AFTER_SECONDS: Final = 0.5
#: Mean time until a process that ended is started again.
RESTART_SECONDS: Final = 0.3


class Outcome(NamedTuple):
    """What became of a world."""

    seed: int
    #: What is wrong, in sentences; a good world has none.
    findings: list[str]
    digest: str
    steps: int
    strikes: int
    answers: int
    fills: int
    entries: int
    #: Virtual seconds from the end of the storm until everything stood at the end of the log.
    rest_seconds: float
    last_lines: list[str]


class World:
    """One world of one seed."""

    def __init__(self, seed: int, show: Callable[[str], None] | None = None) -> None:
        """Be born of *seed*; *show* gets every line of the trace."""
        self.seed = seed
        chance = self._chance("loop")
        self.loop = VirtualLoop(chance, shuffled=chance.random() < 1 / 2, steps_max=STEPS_MAX)
        self.trace = Trace(self.loop.time, show)
        self.findings: list[str] = []
        self._found = asyncio.Event()
        self.told = Told(self.find)
        self.settings = layout.draw(self._chance("settings"))
        self.processes: dict[str, Process] = {}
        self.doubles: list[Process] = []
        self.grounds = self._grounds()
        self.builder = Builder(
            self.grounds, self.settings, self.loop.time, self._chance("archivist")
        )
        self.storm = Storm(
            self.loop, self.grounds, self.processes, self._start_twice,
            self._chance("storm"), self.trace, self.settings,
        )  # fmt: skip
        self._restarts = self._chance("restarts")
        self._rest_seconds = 0.0
        self._auditor = Auditor(seed, self.told, self.grounds, self.find)

    def run(self) -> Outcome:
        """Live through it all."""
        with _undisturbed(), logs_into(self.trace):
            try:
                self.loop.run_until_complete(self._live())
            except Exhausted as error:
                self.find(str(error))
            except Exception as error:  # noqa: BLE001 - a world that breaks is a finding
                self.find("".join(traceback.format_exception(error)))
            finally:
                self._end()
        return Outcome(
            self.seed, self.findings, self.trace.digest, self.loop.steps, self.storm.strikes,
            self.told.answers_count, self._auditor.fills_count, self._auditor.entries_count,
            self._rest_seconds, list(self.trace.kept),
        )  # fmt: skip

    def find(self, finding: str) -> None:
        """Take note of something that must not be."""
        self.findings.append(finding)
        self.trace.note("FINDING", finding)
        self._found.set()

    # --- making it ------------------------------------------------------------------------------

    def _chance(self, name: str) -> Random:
        return Random(f"{self.seed}:{name}")  # noqa: S311 - a seed decides, that is the point

    def _grounds(self) -> layout.Grounds:
        chance = self._chance("failing")
        failing = chance.choice((0.0, 0.002, 0.01))

        def server(name: str) -> Server:
            return Server(name, self.loop, self._chance(name), self.trace, failing)

        return layout.Grounds(
            MemoryBus(), MemoryLedgerLog(), MemoryArchive(), MemoryProjection(), MemorySnapshots(),
            Contracts() if self.settings.at_home else SimulatedChain(),
            MemoryTransactions(), MemoryTransactions(),
            server("bus"), server("log"), server("tables"), server("chain"),
            Door(server("door"), lambda: [*self.processes.values(), *self.doubles]),
            SimClock(START_US, self.loop), Claim(), {},
        )  # fmt: skip

    # --- living ---------------------------------------------------------------------------------

    async def _live(self) -> None:
        keepers = [asyncio.create_task(self._keep(name)) for name in self.settings.processes]
        self.loop.on_step = self.storm.step
        self._nature = Nature(self.seed, self.grounds, self._chance("nature"), self.trace)
        keepers.append(asyncio.create_task(self._nature.run()))
        keepers.append(asyncio.create_task(self._look_after()))
        found = asyncio.create_task(self._found.wait())
        people = asyncio.create_task(self._people())
        await asyncio.wait({people, found, *keepers}, return_when=asyncio.FIRST_COMPLETED)
        for task in (people, *keepers):
            if task.done():
                task.result()
        if not self.findings:
            self._auditor.audit(self.processes, writer(self.processes, self.doubles))

    async def _people(self) -> None:
        door, told, trace = self.grounds.door, self.told, self.trace
        operator = Operator("operator", door, told, trace, self._chance("operator"))
        count = self._chance("markets").choice((1, 2, 3))
        await operator.list_markets(count, START_US, TRADING_SECONDS, self.settings.at_home)
        traders = [self._trader(number, name) for number, name in enumerate(TRADERS, 1)]
        for trader in traders:
            trader.markets, trader.start_us = operator.markets, START_US
        await asyncio.gather(*(trader.arrive() for trader in traders))
        until = self.loop.time() + TRADING_SECONDS
        lanes = [Lane(f"{name}'s lane", door, told, trace, self._chance(f"{name}'s lane"))
                 for name in TRADERS]  # fmt: skip
        await asyncio.gather(
            *(trader.trade(until) for trader in traders),
            *(lane.work(trader, until) for lane, trader in zip(lanes, traders, strict=True)),
            operator.work(until),
        )
        self.storm.calm()
        self.grounds.door.calm()
        self._nature.calm()
        await asyncio.gather(*(trader.leave() for trader in traders))
        await self._rest()

    def _trader(self, number: int, name: str) -> Trader:
        door, told, chain, chance = (
            self.grounds.door, self.told, self.grounds.chain, self._chance(name)
        )  # fmt: skip
        if isinstance(chain, Contracts):
            return Depositor(name, door, told, self.trace, chance, chain, f"0x{number:040x}")
        return Trader(name, door, told, self.trace, chance)

    async def _rest(self) -> None:
        """Wait until every part stands at the end of the log."""
        began = self.loop.time()
        while behind := where(self.processes, self.doubles, self.grounds):
            if self.loop.time() - began > REST_SECONDS_MAX:
                raise Exhausted(f"not at rest after {REST_SECONDS_MAX} s: {behind}")
            await asyncio.sleep(LOOK_SECONDS)
        self._rest_seconds = self.loop.time() - began

    async def _look_after(self) -> None:
        """Decide what is right wherever a service has halted, and start it again."""
        chance, door = self._chance("caretaker"), self.grounds.door
        caretaker = Caretaker("caretaker", door, self.told, self.trace, chance)
        while True:
            await asyncio.sleep(chance.uniform(0, 2 * LOOK_AFTER_SECONDS))
            ledger = writer(self.processes, self.doubles)
            for name in halted(self.processes):
                self.trace.note("caretaker", f"{name} stands still: it is started again")
                self.processes[name].stop()
            if ledger is not None:
                await caretaker.decide(ledger.ledger)

    # --- processes ------------------------------------------------------------------------------

    async def _keep(self, name: str) -> None:
        """Start a process again whenever it has ended."""
        while True:
            process = self.processes[name] = Process(self.loop, name, self.builder.build)
            self.trace.note("keeper", f"{name} starts")
            await asyncio.wait({process.life})
            self._judge(process)
            await asyncio.sleep(self._restarts.expovariate(1 / RESTART_SECONDS))

    def _judge(self, process: Process) -> None:
        """See why a process ended, and make sure that it has."""
        error = process.error
        process.kill()
        if error is None:
            self.trace.note("keeper", f"{process.name} has ended")
        elif isinstance(error, RESTARTABLE) or self._is_fenced(process, error):
            self.trace.note("keeper", f"{process.name} ended: {type(error).__name__}: {error}")
        else:
            told = "".join(traceback.format_exception(error))
            self.find(f"{process.name} failed: {type(error).__name__}: {error}\n{told}")

    def _is_fenced(self, process: Process, error: BaseException) -> bool:
        """Return whether it is a writer that lost its place and met what the next one wrote."""
        newest = self.grounds.log.rows[-1].epoch if self.grounds.log.rows else 0
        return isinstance(error, InvariantError) and 0 < process.epoch < newest

    def _start_twice(self, name: str) -> None:
        """Start a second process of a kind; nobody starts it again when it has ended."""
        if any(process.alive for process in self.doubles):
            return
        if self.settings.at_home and name in ONLY_ONE:
            return
        self.trace.note("storm", f"a second {name} starts")
        process = Process(self.loop, f"{name}'", self.builder.build)
        self.doubles.append(process)
        process.life.add_done_callback(lambda _: self._judge(process), context=self.loop.outside)

    def _end(self) -> None:
        """Let nothing go on, and leave nothing behind."""
        self.loop.on_step = None
        self.storm.over = True
        for process in [*self.processes.values(), *self.doubles]:
            process.kill()
        self.loop.allow(STEPS_MAX)
        for _ in range(ENDINGS_MAX):
            tasks = asyncio.all_tasks(self.loop)
            if not tasks:
                break
            for task in tasks:
                task.cancel()
            self.loop.run_until_complete(asyncio.wait(tasks, timeout=1))
        self.loop.run_until_complete(self.loop.shutdown_asyncgens())
        self.loop.close()


@contextmanager
def _undisturbed() -> Iterator[None]:
    """No garbage is collected meanwhile: when that happens is not decided by a seed."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
