"""Runs an engine as a process: files, signals, the line that says where it listens."""

import asyncio
import os
import signal
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from outcry import kernel
from outcry.adapters.files.journal import FileJournal
from outcry.adapters.files.snapshots import FileSnapshots
from outcry.app.engine import files
from outcry.app.engine.figures import EngineFigures
from outcry.app.failures import DONE, PortTaken, UsageError, address_in_use
from outcry.app.monitor import Monitor, Part
from outcry.app.open_files import allow_many_files
from outcry.app.record import Address
from outcry.app.rejects_shown import RejectFigures
from outcry.runtime import logging
from outcry.runtime.config import Log
from outcry.runtime.logging import get_logger
from outcry.runtime.shutdown import Shutdown
from outcry.services.gateway.config import Limits
from outcry.services.gateway.line import now_us
from outcry.services.gateway.logons import Logons
from outcry.services.gateway.messages import instrument_record
from outcry.services.gateway.poller import EngineLoop
from outcry.services.gateway.recovery import recover
from outcry.services.gateway.room import Instrument
from outcry.services.gateway.server import EngineServer
from outcry.services.gateway.service import EngineService


_DRAIN_MS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How an engine was asked for."""

    instruments: Path
    keys: Path | None
    host: str
    port: int
    journal: Path | None
    waits: bool
    cpu: int | None
    rate: int
    metrics_port: int | None = None


def run(terms: Terms) -> int:
    """Serve until somebody asks for an end; return the exit status."""
    logging.configure(Log(), "engine")
    allow_many_files()
    if terms.cpu is not None:
        try:
            os.sched_setaffinity(0, {terms.cpu})
        except OSError:
            raise UsageError(f"there is no core {terms.cpu} that this process may use") from None
    with asyncio.Runner(loop_factory=EngineLoop) as runner:
        return runner.run(_serve(terms))


async def _serve(terms: Terms) -> int:
    wanted = files.read_instruments(terms.instruments)
    logons = Logons(files.read_keys(terms.keys) if terms.keys else None)
    journal = FileJournal(terms.journal) if terms.journal else None
    snapshots = FileSnapshots(terms.journal) if terms.journal else None
    limits = Limits(rate_max=terms.rate)
    engine = EngineService(limits, logons, journal, waits=terms.waits)
    generation = 1
    log = get_logger()
    if journal is not None and snapshots is not None:
        found = recover(engine.room, journal, snapshots)
        generation = found.generation
        log.info("recovered", **found._asdict(), state_hash=engine.room.state_hash())
        engine.recovered()
        engine.room.clear(now_us())
    _take_instruments(engine, wanted)
    server = EngineServer(engine, journal, snapshots, generation)
    await engine.settle()
    with Shutdown(_DRAIN_MS) as shutdown:
        monitor = await _monitor(engine, terms)
        try:
            await server.start(terms.host, terms.port)
        except OSError as error:
            if address_in_use(error):
                raise PortTaken("--port", terms.host, terms.port) from None
            raise
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, _reload, engine, terms)
        log.info("listening", address=f"{terms.host}:{server.port}", kernel=kernel.build_info())
        try:
            await _first(shutdown.wait(), server.wait())
        finally:
            monitor.stop()
            await server.stop()
            log.info("stopped", state_hash=engine.room.state_hash())
    return DONE


async def _monitor(engine: EngineService, terms: Terms) -> Monitor:
    """Return what shows the figures of *engine*, listening if that was asked for."""
    figures = EngineFigures(engine)
    monitor = Monitor("engine", "--metrics-port", Address(terms.host, terms.metrics_port or 0))
    monitor.registry.register(figures)
    monitor.registry.register(RejectFigures("engine", engine.rejects))
    monitor.add(Part(figures))
    monitor.complete()
    if terms.metrics_port is not None:
        await monitor.start()
    return monitor


async def _first(*waits: object) -> None:
    tasks = [asyncio.ensure_future(wait) for wait in waits]  # type: ignore[call-overload]
    done, others = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in others:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    for task in done:
        task.result()


def _take_instruments(engine: EngineService, wanted: files.InstrumentsFile) -> set[int]:
    changed = files.apply(engine.room, wanted, now_us())
    engine.names.update({entry.id: entry.name for entry in wanted.instrument})
    return changed


def _reload(engine: EngineService, terms: Terms) -> None:
    log = get_logger()
    try:
        changed = _take_instruments(engine, files.read_instruments(terms.instruments))
    except UsageError as error:
        log.warning("instruments not read again", reason=str(error))
        return

    def record(instrument: Instrument) -> bytes:
        return instrument_record(instrument, engine.names.get(instrument.number, ""), now_us())

    engine.announce(record, changed)
    log.info("instruments read again", changed=sorted(changed))
