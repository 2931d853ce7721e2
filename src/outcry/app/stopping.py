"""`outcry stop` and `outcry reset`: ending an exchange, and forgetting one."""

import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from outcry.app.chain.setting_aside import set_aside
from outcry.app.failures import UsageError
from outcry.app.pids import ProcessId, alive, identify, send
from outcry.app.record import RecordFile, running_pid
from outcry.runtime.config import Config


POLL_SECONDS: Final = 0.05
#: What an orderly end may take beyond the processes' own bounds.
SERVERS_SECONDS_MAX: Final = 40
KILL_SECONDS_MAX: Final = 10
#: Says in a data folder that the exchange there was made by `outcry demo`.
DEMO_MARK: Final = "demo-venue"
#: The same of `outcry replay`, with what it replays.
REPLAY_MARK: Final = "replay.json"
#: All that an exchange makes in its data folder. Nothing else is ever removed.
OURS: Final = (
    DEMO_MARK,
    "exchange.lock",
    "archive",
    "log",
    "onchain",
    "postgres",
    "postgres.new-*",
    "redis",
    "redis.damaged-*",
    REPLAY_MARK,
    "run",
    "secrets",
    "snapshots",
)


def stop(config: Config, *, now: bool) -> bool:
    """Stop the exchange of the data folder; False when none runs.

    Only processes that were recorded are signalled, and only while they are still the same.
    """
    supervisor = _supervisor(config)
    if supervisor is None:
        return _stop_leftovers(config)
    seconds = 4 * config.limits.drain_ms_max / 1_000 + SERVERS_SECONDS_MAX
    send(supervisor, signal.SIGTERM)
    if now:
        _wait(supervisor, POLL_SECONDS)
        send(supervisor, signal.SIGTERM)  # the second one ends at once
    if not _wait(supervisor, seconds):
        send(supervisor, signal.SIGKILL)
        _wait(supervisor, KILL_SECONDS_MAX)
    _stop_leftovers(config)
    return True


def reset(config: Config) -> str:
    """Delete everything of ours in the data folder; says what others put there and stays."""
    folder = Path(config.data_dir)
    contracts = set_aside(folder)
    for path in things(config):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    left = sorted(folder.iterdir())
    if not left:
        folder.rmdir()
    names = ", ".join(path.name for path in left)
    said = f"Deleted. What others put there stays: {names}" if left else "Deleted."
    return f"{said}\n{contracts}" if contracts else said


def things(config: Config) -> list[Path]:
    """Return what `reset` would delete; raises `UsageError` when it must not."""
    pid = running_pid(config.data_dir)
    if pid is not None:
        raise UsageError(f"the exchange in {config.data_dir} runs (pid {pid}); `outcry stop` first")
    folder = Path(config.data_dir)
    found = [path for pattern in OURS for path in folder.glob(pattern)] if folder.is_dir() else []
    if not found:
        raise UsageError(f"there is no exchange in {config.data_dir}")
    return sorted(found)


def _supervisor(config: Config) -> ProcessId | None:
    record = RecordFile(Path(config.data_dir)).running()
    if record is not None:
        return record.supervisor
    # It holds the lock before it writes a record.
    pid = running_pid(config.data_dir)
    return None if pid is None else identify(pid)


def _stop_leftovers(config: Config) -> bool:
    """End what outlived a killed supervisor; where Linux sees to that there is nothing."""
    record = RecordFile(Path(config.data_dir)).read()
    left = [process for process in record.processes.values() if alive(process)] if record else []
    for process in left:
        send(process, signal.SIGINT)  # to PostgreSQL: a fast end, to ours: an orderly one
    for process in _still_there(left, KILL_SECONDS_MAX):
        send(process, signal.SIGKILL)
    return bool(left)


def _still_there(processes: list[ProcessId], seconds: float) -> Iterator[ProcessId]:
    deadline = time.monotonic() + seconds
    for process in processes:
        if not _wait(process, deadline - time.monotonic()):
            yield process


def _wait(process: ProcessId, seconds: float) -> bool:
    """Return whether *process* ended within *seconds*."""
    deadline = time.monotonic() + seconds
    while alive(process):
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True
