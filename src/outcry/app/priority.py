"""Who goes first when the processors are full: answers before tables.

The tables may be behind, within the bound at which orders are held back; an answer may not. So the
process that writes tables takes what the others leave it, and at least a third of its share; so
does the process of the database that does it for us, which has more of the work.
"""

import os
from pathlib import Path
from typing import Final


#: Steps of niceness; five of them are a third of the weight. Ten brought answers no more, and on a
#: busy machine the process did not answer its monitor for seconds.
STAND_BACK_STEPS: Final = 5
#: Groups of processes that stand back.
LAST: Final = frozenset({"history"})
#: What the kernel calls a process of the database.
DATABASE: Final = "postgres"


def stand_back(group: str) -> None:
    """Let the others go first when *group* is one of those that may wait."""
    if group in LAST:
        _make_nice(os.getpid())


def let_stand_back(pid: int) -> None:
    """Let a process of the database stand back, where that is *pid* and we may touch it."""
    try:
        if Path(f"/proc/{pid}/comm").read_text("ascii").strip() == DATABASE:
            _make_nice(pid)
    except (OSError, ValueError):
        return  # no such process here, or another user's


def _make_nice(pid: int) -> None:
    niceness = os.getpriority(os.PRIO_PROCESS, pid) + STAND_BACK_STEPS
    os.setpriority(os.PRIO_PROCESS, pid, niceness)  # beyond the most it becomes the most
    if os.getsid(pid) != pid:
        return  # started by hand: its session is somebody's terminal
    try:
        # Where Linux weighs sessions (autogroups), a process's own niceness counts within its
        # session only, and each that the supervisor or the database starts is alone in one.
        Path(f"/proc/{pid}/autogroup").write_text(str(STAND_BACK_STEPS), "ascii")
    except OSError:
        return  # it does not weigh sessions here
