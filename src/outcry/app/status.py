"""`outcry status`: how the processes are, what they say of themselves, how far they lag."""

import asyncio
from pathlib import Path
from typing import Final

import msgspec
from rich.console import Console
from rich.table import Table

from outcry.app.monitor import ProcessStatus
from outcry.app.pids import alive
from outcry.app.probe import get
from outcry.app.record import Address, Record, RecordFile
from outcry.app.settings import PORTS, address
from outcry.app.upkeep.background import running
from outcry.runtime.config import Config


#: Figures that are shown for a service, where it has them, and how they are called here.
SHOWN: Final = {
    "log_head": "log head",
    "position": "position",
    "seq": "seq",
    "published_n": "published",
    "saved_seq": "saved",
    "in_flight": "in flight",
    "lag_entries": "entries behind",
    "open_orders": "open orders",
    "orders": "orders",
    "markets": "markets",
    "connections": "connections",
    "block": "block",
    "believed_block": "believed up to",
    "open": "unsettled",
    "operations": "operations",
    "differences": "differences",
}


class ProcessLine(msgspec.Struct):
    """One process as `outcry status` shows it."""

    name: str
    pid: int | None
    state: str
    services: dict[str, dict[str, int]] = msgspec.field(default_factory=dict)


async def look(config: Config) -> list[ProcessLine]:
    """Return every process of the exchange; [] when nothing of it runs."""
    record = RecordFile(Path(config.data_dir)).running()
    if record is None:
        return _with_background(config, await _look_at(_configured(config)))
    lines = await asyncio.gather(
        *(_line(name, record, record.addresses.get(name)) for name in record.processes)
    )
    return list(lines)


def show(lines: list[ProcessLine], console: Console) -> None:
    """Print *lines* as a table."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("process", "pid", "state", "service", "figures"):
        table.add_column(heading, overflow="fold")
    for line in lines:
        first = (line.name, str(line.pid or ""), _coloured(line.state))
        if not line.services:
            table.add_row(*first, "", "")
        for name, figures in line.services.items():
            mark = "" if figures.get("ready") else " [red](not ready)[/red]"
            shown = ", ".join(f"{SHOWN[key]} {figures[key]}" for key in SHOWN if key in figures)
            table.add_row(*first, f"{name}{mark}", shown)
            first = ("", "", "")
    console.print(table)


def healthy(lines: list[ProcessLine]) -> bool:
    """Whether everything that should run is ready."""
    return bool(lines) and all(line.state in {"ready", "running"} for line in lines)


def _with_background(config: Config, answered: list[ProcessLine]) -> list[ProcessLine]:
    """Return *answered* with the pids of what `outcry start` started, silent ones included."""
    lines = {line.name: line for line in answered}
    for name, process in running(config).items():
        line = lines.setdefault(name, ProcessLine(name, None, "silent"))
        line.pid = process.pid
    return list(lines.values())


async def _line(name: str, record: Record, monitor: Address | None) -> ProcessLine:
    process = record.processes[name]
    if not alive(process):
        return ProcessLine(name, process.pid, "gone")
    if monitor is None:
        return ProcessLine(name, process.pid, "running")  # a server: it has no monitor of ours
    status = await _ask(monitor)
    if status is None:
        return ProcessLine(name, process.pid, "silent")
    state = "ready" if status.ready else "starting"
    return ProcessLine(name, process.pid, state, status.services)


async def _look_at(monitors: dict[str, Address]) -> list[ProcessLine]:
    """Return the processes that answer where the configuration has them."""
    answers = await asyncio.gather(*map(_ask, monitors.values()))
    return [
        ProcessLine(status.process, None, "ready" if status.ready else "starting", status.services)
        for status in answers
        if status is not None
    ]


async def _ask(monitor: Address) -> ProcessStatus | None:
    answer = await get(monitor, "/status")
    try:
        return msgspec.json.decode(answer.body, type=ProcessStatus)
    except msgspec.MsgspecError:
        return None


def _configured(config: Config) -> dict[str, Address]:
    return {
        name: address(config, section, name)
        for section, name in PORTS
        if section == "metrics" and getattr(config.metrics, name)
    }


def _coloured(state: str) -> str:
    colour = {"ready": "green", "running": "green", "starting": "yellow"}.get(state, "red")
    return f"[{colour}]{state}[/{colour}]"
