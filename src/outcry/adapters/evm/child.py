"""Becomes another program that is told to end when its parent does: ``python -m … PARENT PROGRAM``.

A node that is told to end saves its state; one whose parent was killed must not stay behind.
"""

import ctypes
import os
import signal
import sys


PR_SET_PDEATHSIG = 1


def main(parent: int, program: list[str]) -> None:
    """Never returns."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0)
    if os.getppid() != parent:
        sys.exit(0)  # it ended before we asked
    os.execv(program[0], program)  # noqa: S606 - our own path, no shell


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
