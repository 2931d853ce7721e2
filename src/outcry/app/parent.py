"""A process that must not outlive the one that started it, however that one ends."""

import os
import signal
import sys
import threading
import time


_PR_SET_PDEATHSIG = 1
_WATCH_SECONDS = 0.2


def die_with(parent: int) -> None:
    """End this process at once when *parent* ends. Ending at once is safe: start-up is recovery.

    Linux does it when the parent's *thread* ends that started us; elsewhere a thread watches.
    """
    if sys.platform == "linux":
        import ctypes  # noqa: PLC0415 - only here, and not free

        if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0):
            raise OSError(ctypes.get_errno(), "prctl")
    else:
        threading.Thread(target=_watch, args=(parent,), daemon=True).start()
    if os.getppid() != parent:
        os._exit(0)  # it ended before we asked


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_WATCH_SECONDS)
    os._exit(0)
