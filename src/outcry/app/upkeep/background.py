"""`outcry start NAME` and `outcry stop NAME`: services of an exchange in the background.

What runs is exactly `outcry run NAME`. Beside the data folder's other records there are
``run/NAME.pid``, which names the process so that no other can be mistaken for it, and
``log/NAME.log``, to which it writes. Starting what runs and stopping what does not change nothing.
"""

import asyncio
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

import msgspec

from outcry.app.failures import UsageError
from outcry.app.pids import ProcessId, alive, identify, send
from outcry.app.probe import get
from outcry.app.processes import group_of
from outcry.app.record import Address
from outcry.app.settings import environment
from outcry.app.worker import check
from outcry.runtime.config import Config
from outcry.runtime.data_dir import DataDir


COMMAND: Final = (sys.executable, "-c", "from outcry.app.cli import main; main()", "run")
POLL_SECONDS: Final = 0.1
START_SECONDS_MAX: Final = 120.0
KILL_SECONDS_MAX: Final = 10.0
#: How much of its log is shown of a service that did not come up.
LAST_BYTES: Final = 2_000


def named(name: str, shard: int | None) -> str:
    """Return what a service, or one shard of it, is called in files."""
    group_of(name)
    return name if shard is None else f"{name}-{shard}"


def running(config: Config) -> dict[str, ProcessId]:
    """Return the services that run in the background of this data folder, by name."""
    folder = Path(config.data_dir) / "run"
    found = {}
    for path in sorted(folder.glob("*.pid")) if folder.is_dir() else ():
        process = _read(path)
        if process is not None and alive(process):
            found[path.stem] = process
    return found


def start(config: Config, name: str, shard: int | None) -> str:
    """Start `outcry run NAME` and wait until it is ready; returns a sentence."""
    called = named(name, shard)
    check(name, config, shard)
    if called in running(config):
        return f"{called} runs already."
    data = DataDir(config.data_dir)
    log = data.folder("log") / f"{called}.log"
    arguments = [name, *(() if shard is None else ("--shard", str(shard)))]
    with log.open("ab") as output:
        process = subprocess.Popen(
            [*COMMAND, *arguments],
            env=dict(environment(config)),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    identity = identify(process.pid)
    if identity is not None:
        (data.folder("run") / f"{called}.pid").write_bytes(msgspec.json.encode(identity))
    monitor = Address(config.metrics.host, getattr(config.metrics, f"{group_of(name)}_port"))
    deadline = time.monotonic() + START_SECONDS_MAX
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise UsageError(f"{called} ended with {process.returncode}: {_last(log)}")
        if not monitor.port or asyncio.run(get(monitor, "/readyz")).status == 200:  # noqa: PLR2004 - ok
            return f"{called} runs (pid {process.pid}); it writes to {log}."
        time.sleep(POLL_SECONDS)
    return f"{called} runs (pid {process.pid}) and is not ready yet; see {log}."


def stop(config: Config, name: str, shard: int | None, *, now: bool) -> str:
    """Stop a service in the background and wait until it is gone; returns a sentence."""
    called = named(name, shard)
    process = running(config).get(called)
    path = Path(config.data_dir) / "run" / f"{called}.pid"
    if process is None:
        path.unlink(missing_ok=True)
        return f"{called} does not run in the background here."
    send(process, signal.SIGTERM)
    if now:
        time.sleep(POLL_SECONDS)
        send(process, signal.SIGTERM)  # the second one ends at once
    deadline = time.monotonic() + config.limits.drain_ms_max / 1_000 + KILL_SECONDS_MAX
    while alive(process) and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
    if alive(process):
        send(process, signal.SIGKILL)
    path.unlink(missing_ok=True)
    return f"{called} is stopped."


def _read(path: Path) -> ProcessId | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=ProcessId)
    except (OSError, msgspec.MsgspecError):
        return None


def _last(log: Path) -> str:
    return log.read_bytes()[-LAST_BYTES:].decode(errors="replace").strip() or "it said nothing"
