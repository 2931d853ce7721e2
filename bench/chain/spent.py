"""CPU time that processes have used, their descendants' among it."""

from collections.abc import Mapping
from pathlib import Path


def cpu_seconds(pids: Mapping[str, int]) -> dict[str, float]:
    """Return the CPU seconds of each process and its descendants that still run, to the ns."""
    return {name: sum(map(_task_seconds, _tree(pid))) for name, pid in pids.items()}


def _task_seconds(pid: int) -> float:
    """Return what the threads of a process have used."""
    return sum(_nanoseconds(path) for path in Path(f"/proc/{pid}/task").glob("*/schedstat")) / 1e9


def _nanoseconds(path: Path) -> int:
    try:
        return int(path.read_text().split()[0])
    except OSError:  # the thread has just ended
        return 0


def _tree(root: int) -> list[int]:
    found = [root]
    for pid in found:
        for task in Path(f"/proc/{pid}/task").glob("*/children"):
            found += map(int, task.read_text().split())
    return found
