"""`outcry up`: a whole exchange on this machine, from nothing to ready and back to nothing.

What happens, in this order::

    ports         settled and checked, so that a clash is said before anything starts
    data folder   locked: one exchange uses it at a time
    servers       Valkey and PostgreSQL, ours unless the configuration names others
    schema        migrations that are missing
    processes     core     asset (the ledger, its sequencer and its gRPC door) and processor
                  match    engine, store and depth; one process for each shard
                  history  the tables that are read
                  edge     HTTP, administration, both WebSocket feeds, the binary door
    ready         when every process says so

From then on whatever dies is started again: the log in PostgreSQL is all that must survive, and
start-up is recovery. The first Ctrl-C (or SIGTERM) stops everything in reverse order and finishes
what was begun; the second one ends at once. If we are killed, the kernel ends all the others.
"""

import asyncio
import os
import time
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import Final

from msgspec.structs import replace
from structlog import get_logger

from outcry.adapters.embedded import EmbeddedError, EmbeddedServers, Endpoints
from outcry.adapters.postgres import migrate
from outcry.app.announce import Announcer
from outcry.app.failures import UsageError
from outcry.app.pids import ProcessId, identify
from outcry.app.probe import until_ok
from outcry.app.processes import GROUPS
from outcry.app.record import Record, RecordFile, running_pid
from outcry.app.roots.chain import check_deployed
from outcry.app.settings import PORTS, address, environment, settle_ports
from outcry.app.supervisor import (
    GaveUp,
    Plan,
    Supervisor,
    first,
    worker_arguments,
)
from outcry.runtime.config import Config
from outcry.runtime.ports import free_port
from outcry.runtime.shutdown import Shutdown


WATCH_INTERVAL_S: Final = 0.2
#: Attempts in a row to start a server again, and the pause after each.
RESTARTS_MAX: Final = 10
RESTART_PAUSE_S: Final = 1.0
#: What stopping may take beyond what the processes may: the servers write down what they hold.
SERVERS_STOP_MS_MAX: Final = 30_000
#: Silence after which we say what we are waiting for.
PATIENCE_S: Final = 15.0

_log = get_logger("outcry.up")


async def up(config: Config) -> None:
    """Run an exchange until a signal ends it; raises what makes going on impossible."""
    pid = running_pid(config.data_dir)
    if pid is not None:  # said first: its ports are in use too, and that would not help anybody
        raise UsageError(
            f"the exchange in {config.data_dir} runs already (pid {pid}): "
            "`outcry status` shows it, `outcry stop` stops it"
        )
    check_deployed(config)
    config = settle_ports(config)
    drain_ms_max = config.limits.drain_ms_max * len(_names(config)) + SERVERS_STOP_MS_MAX
    with Shutdown(drain_ms_max) as shutdown:
        exchange = Exchange(config)
        try:
            await first(shutdown.wait(), exchange.run())
        finally:
            shutdown.request("told to stop")
            await exchange.stop()


class Exchange:
    """Everything that one `outcry up` runs."""

    def __init__(self, config: Config, announcer: Announcer | None = None) -> None:
        """Nothing is started yet; *config* has no port 0."""
        self._config = config
        self._began_at = time.monotonic()
        first_time = not (Path(config.data_dir) / "postgres").exists()
        self._announcer = announcer or Announcer(config, first_time=first_time)
        self._servers = EmbeddedServers(config)
        self._file = RecordFile(Path(config.data_dir))
        self._starting: asyncio.Future[Endpoints] | None = None
        self._supervisor: Supervisor | None = None
        ourselves = identify(os.getpid())
        assert ourselves is not None, "we run"
        self._record = Record(version=version("openoutcry"), supervisor=ourselves)
        #: Set when everything answers.
        self.ready = asyncio.Event()

    async def run(self) -> None:
        """Start everything and keep it running."""
        self._announcer.starting(self._record.version)
        self._starting = asyncio.ensure_future(asyncio.to_thread(self._servers.start))
        endpoints = await asyncio.shield(self._starting)
        self._note_servers()
        await migrate(endpoints.postgres_dsn)
        plans = self._plans(endpoints)
        for section, name in PORTS[:4]:
            self._record.addresses[section] = address(self._config, section, name)
        self._record.addresses |= {plan.name: plan.monitor for plan in plans}
        self._supervisor = Supervisor(plans, self._note_process)
        self._supervisor.start()
        await first(self._supervisor.failed(), self._watch_servers(), self._announce())

    async def stop(self) -> None:
        """Stop everything, the last first. What was answered is committed already."""
        if self._supervisor is not None:
            await self._supervisor.stop(self._config.limits.drain_ms_max / 1_000)
            # While the folder is ours: afterwards the record may be that of the next exchange.
            self._file.remove()
        if self._starting is not None:
            # A thread cannot be cancelled: what it has begun it must end before we end it.
            self._servers.give_up()
            await asyncio.gather(self._starting, return_exceptions=True)
        await asyncio.to_thread(self._servers.stop)
        if self._supervisor is not None:
            self._announcer.stopped()

    def _plans(self, endpoints: Endpoints) -> list[Plan]:
        """Return how to run each process."""
        config = replace(
            self._config,
            postgres=replace(self._config.postgres, dsn=endpoints.postgres_dsn),
            redis=replace(self._config.redis, url=endpoints.redis_url),
        )
        environ = environment(config)
        plans = []
        for name, group, shard in _names(config):
            monitor = address(config, "metrics", f"{group}_port")
            if shard:
                # One setting, several processes: the first one has it.
                monitor = replace(monitor, port=free_port(monitor.host))
            changed = {f"OUTCRY_METRICS_{group.upper()}_PORT": str(monitor.port)}
            arguments = worker_arguments(group, shard)
            plans.append(Plan(name, arguments, {**environ, **changed}, monitor))
        return plans

    async def _announce(self) -> None:
        """Say when everything is ready, then be quiet for ever."""
        assert self._supervisor is not None
        ready = asyncio.ensure_future(self._supervisor.ready())
        try:
            while not (await asyncio.wait({ready}, timeout=PATIENCE_S))[0]:
                self._announcer.still_starting(self._supervisor.unready())
        finally:
            ready.cancel()
        await until_ok(self._record.addresses["http"], "/readyz")
        self._announcer.ready(self._record, time.monotonic() - self._began_at)
        self.ready.set()
        await asyncio.Event().wait()

    async def _watch_servers(self) -> None:
        """Start again the servers that die; raises `GaveUp` when they do not come back."""
        failures = 0
        while True:
            await asyncio.sleep(WATCH_INTERVAL_S)
            if not self._servers.dead():
                failures = 0
                continue
            try:
                await asyncio.to_thread(self._servers.restart_dead)
                self._note_servers()
            except EmbeddedError as error:
                failures += 1
                if failures >= RESTARTS_MAX:
                    raise GaveUp(str(error), 1) from error
                _log.error("server_does_not_start", reason=str(error), attempt=failures)
                await asyncio.sleep(RESTART_PAUSE_S)

    def _note_servers(self) -> None:
        for name, pid in self._servers.pids().items():
            if (process := identify(pid)) is not None:
                self._note_process(name, process)

    def _note_process(self, name: str, process: ProcessId) -> None:
        """Record that *name* runs as *process* from now on."""
        self._record.processes[name] = process
        with suppress(OSError):
            self._file.write(self._record)


def _names(config: Config) -> list[tuple[str, str, int | None]]:
    """Return every process: its name, its group, its shard when it has one of its own."""
    names: list[tuple[str, str, int | None]] = []
    for group in GROUPS:
        if group == "match" and config.shards.count > 1:
            names += [(f"match-{shard}", group, shard) for shard in range(config.shards.count)]
        else:
            names.append((group, group, None))
    return names
