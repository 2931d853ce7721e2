"""Process ids that cannot be mistaken: a pid together with when that process began.

A pid is given again after its process ended. A signal goes out only to the process that was
recorded; where the system allows it, the check and the signal concern the same process for sure.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path

from msgspec import Struct


_STATE, _START_TIME = 0, 19  # fields of /proc/PID/stat, counted behind the name


class ProcessId(Struct, frozen=True):
    """One process, for ever: ``began`` is different for the next one of the same pid."""

    pid: int
    began: str


def identify(pid: int) -> ProcessId | None:
    """Return the identity of the process that runs as *pid* now, None when none does."""
    began = _began_linux(pid) if sys.platform == "linux" else _began_elsewhere(pid)
    return ProcessId(pid, began) if began else None


def alive(process: ProcessId) -> bool:
    """Whether that very process still runs."""
    return identify(process.pid) == process


def send(process: ProcessId, number: signal.Signals) -> bool:
    """Send *number* to that very process; False when it is gone."""
    if not hasattr(os, "pidfd_open"):
        if not alive(process):
            return False
        try:
            os.kill(process.pid, number)
        except ProcessLookupError:
            return False
        return True
    try:
        handle = os.pidfd_open(process.pid)
    except ProcessLookupError:
        return False
    try:
        # The handle was there first: whatever is identified now is what the signal will reach.
        if not alive(process):
            return False
        signal.pidfd_send_signal(handle, number)
    except ProcessLookupError:
        return False
    finally:
        os.close(handle)
    return True


def _began_linux(pid: int) -> str:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text("ascii", "replace").rpartition(")")[2].split()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
    except OSError:
        return ""
    return "" if fields[_STATE] in "ZX" else f"{fields[_START_TIME]}@{boot}"


def _began_elsewhere(pid: int) -> str:
    command = ["ps", "-o", "lstart=", "-p", str(pid)]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    return answer.stdout.strip()
