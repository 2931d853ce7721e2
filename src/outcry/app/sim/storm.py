"""The storm: strikes that fall between any two steps of a world."""

from collections.abc import Callable, Mapping
from random import Random
from typing import Final

from outcry.app.sim.layout import Grounds, Settings
from outcry.app.sim.lines import Server, at_once
from outcry.app.sim.loop import VirtualLoop
from outcry.app.sim.process import Process
from outcry.app.sim.trace import Trace
from outcry.messages import streams


#: What may happen, with its weight.
STRIKES: Final = {
    "kill": 10,
    "kill_two": 3,
    "kill_all": 1,
    "pause": 5,
    "stop": 3,
    "start_twice": 2,
    "usurp": 5,
    "wipe": 3,
    "throw_back": 5,
    "trim": 3,
    "damage": 2,
    "skew": 2,
    "server_away": 4,
}
PAUSE_SECONDS_MAX: Final = 5.0
AWAY_SECONDS_MAX: Final = 1.5
#: Processes that hold the ledger.
WRITERS: Final = ("core", "asset")
#: After this an orderly stop becomes an end at once, as `Shutdown` has it.
STOP_SECONDS: Final = 5.0
SKEW_US_MAX: Final = 3_000_000
THROWN_BACK_MAX: Final = 40


class Storm:
    """Strikes now and then, counted in steps, until it is over."""

    def __init__(
        self,
        loop: VirtualLoop,
        grounds: Grounds,
        processes: Mapping[str, Process],
        double: Callable[[str], None],
        chance: Random,
        trace: Trace,
        settings: Settings,
    ) -> None:
        """Strike *processes*, once all are there, and *grounds*; *double* starts one twice."""
        self._loop = loop
        self._grounds = grounds
        self._processes = processes
        self._double = double
        self._chance = chance
        self._trace = trace
        self._settings = settings
        #: Mean number of steps between two strikes.
        self.pause_steps = chance.choice((400, 1_000, 3_000))
        self._next = self._draw(0)
        self.strikes = 0
        self.over = False

    def step(self) -> None:
        """Strike if it is time to; called after every step of the loop."""
        begun = len(self._processes) == len(self._settings.processes)
        if begun and self._loop.steps >= self._next and not self.over:
            self._next = self._draw(self._loop.steps)
            self.strikes += 1
            names, weights = list(STRIKES), list(STRIKES.values())
            getattr(self, "_" + self._chance.choices(names, weights)[0])()

    def calm(self) -> None:
        """End: everybody runs again, every server is there, and nothing more happens."""
        self.over = True
        for server in self._servers():
            server.down, server.failing = False, 0.0
        for process in self._processes.values():
            process.go_on()

    def _draw(self, steps: int) -> int:
        return steps + 1 + int(self._chance.expovariate(1 / self.pause_steps))

    def _some(self) -> Process:
        return self._processes[self._chance.choice(list(self._processes))]

    def _note(self, what: str) -> None:
        self._trace.note("storm", what)

    # --- strikes --------------------------------------------------------------------------------

    def _kill(self) -> None:
        process = self._some()
        if process.alive:
            self._note(f"kill -9 {process.name}")
            process.kill()

    def _kill_two(self) -> None:
        self._kill()
        self._kill()

    def _kill_all(self) -> None:
        self._note("kill -9 everything")
        for process in self._processes.values():
            process.kill()

    def _pause(self) -> None:
        process = self._some()
        if process.alive and not process.paused:
            seconds = self._chance.uniform(0, PAUSE_SECONDS_MAX)
            self._note(f"SIGSTOP {process.name} for {seconds:.3f} s")
            process.stand_still()
            self._loop.later(seconds, process.go_on)

    def _stop(self) -> None:
        process = self._some()
        self._note(f"SIGTERM {process.name}")
        process.stop()
        self._loop.later(STOP_SECONDS, self._end_of_patience, process)

    def _end_of_patience(self, process: Process) -> None:
        if process.stopping and not process.life.done():
            self._note(f"{process.name} stops at once")
            process.kill()

    def _start_twice(self) -> None:
        self._double(self._chance.choice(list(self._processes)))

    def _usurp(self) -> None:
        """Stop the writer for so long that another takes its place, then let it go on."""
        name = next(name for name in self._processes if name in WRITERS)
        process = self._processes[name]
        if "asset" in process.serving and not process.paused:
            self._double(name)
            seconds = self._settings.asset.takeover_ms / 1_000 + self._chance.uniform(0, 1)
            self._note(f"SIGSTOP {process.name} for {seconds:.3f} s")
            process.stand_still()
            self._loop.later(seconds, process.go_on)

    def _wipe(self) -> None:
        self._note("FLUSHALL")
        at_once(self._grounds.bus.wipe())

    def _throw_back(self) -> None:
        name = self._chance.choice(self._streams())
        tail = at_once(self._grounds.bus.tail(name))
        if tail:
            to = max(0, tail - self._chance.randint(1, THROWN_BACK_MAX))
            self._note(f"{name} thrown back from {tail} to {to}")
            self._grounds.bus.throw_back(name, to)

    def _trim(self) -> None:
        """Forget the past of a stream; of facts only what is applied, as the engine does."""
        name = self._chance.choice(self._streams())
        kind, _, shard = name.partition(":")
        tail = at_once(self._grounds.bus.tail(name)) or 0
        upto = at_once(self._grounds.log.applied(int(shard))) + 1 if kind == "facts" else tail
        self._note(f"{name} trimmed below {upto}")
        at_once(self._grounds.bus.trim(name, upto))

    def _damage(self) -> None:
        saved = self._grounds.snapshots.positions()
        if saved:
            name, position = self._chance.choice(saved)
            self._note(f"a bit of {name} at {position} flips")
            self._grounds.snapshots.damage(name, position)

    def _skew(self) -> None:
        self._grounds.clock.skew_us = self._chance.randint(-SKEW_US_MAX, SKEW_US_MAX)
        self._note(f"the clock is wrong by {self._grounds.clock.skew_us} us")

    def _server_away(self) -> None:
        server = self._chance.choice(self._servers())
        seconds = self._chance.uniform(0, AWAY_SECONDS_MAX)
        self._note(f"{server.name} is away for {seconds:.3f} s")
        server.down = True
        self._loop.later(seconds, self._come_back, server)

    @staticmethod
    def _come_back(server: Server) -> None:
        server.down = False

    def _servers(self) -> list[Server]:
        grounds = self._grounds
        return [grounds.bus_server, grounds.log_server, grounds.tables_server, grounds.chain_server]

    def _streams(self) -> list[str]:
        names = [streams.USER_EVENTS]
        for shard in range(self._settings.shards):
            names += [streams.commands(shard), streams.facts(shard), streams.depth(shard)]
        return names
