"""Who goes first when the processors are full: answers before tables.

The tables may be behind, within the bound at which orders are held back; an answer may not. So the
process that writes tables takes what the others leave it, and at least a third of its share.
"""

import os
from pathlib import Path
from typing import Final


#: Steps of niceness; five of them are a third of the weight.
STAND_BACK_STEPS: Final = 5
#: Groups of processes that stand back.
LAST: Final = frozenset({"history"})


def stand_back(group: str) -> None:
    """Let the others go first when *group* is one of those that may wait."""
    if group not in LAST:
        return
    os.nice(STAND_BACK_STEPS)
    if os.getsid(0) != os.getpid():
        return  # started by hand: its session is somebody's terminal
    try:
        # Where Linux weighs sessions (autogroups), a process's own niceness counts within its
        # session only, and each that the supervisor starts is alone in one.
        Path("/proc/self/autogroup").write_text(str(STAND_BACK_STEPS), "ascii")
    except OSError:
        return  # it does not weigh sessions here
