"""Process identities: a recycled pid must never be taken for the process that was recorded."""

import os
import signal
import subprocess
import sys

from outcry.app.pids import ProcessId, alive, identify, send


def sleeper() -> subprocess.Popen[bytes]:
    """Return a process that does nothing for a minute."""
    return subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])


def test_a_process_is_alive_until_it_has_ended() -> None:
    """A process that ended is not alive, not even while its parent has yet to look at it."""
    process = sleeper()
    try:
        identity = identify(process.pid)
        assert identity is not None
        assert alive(identity)
    finally:
        process.kill()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert not alive(identity)
    process.wait()
    assert not alive(identity)
    assert identify(process.pid) is None


def test_a_signal_reaches_the_recorded_process_only() -> None:
    """The same pid with another beginning gets no signal; the recorded process gets it."""
    process = sleeper()
    try:
        identity = identify(process.pid)
        assert identity is not None
        assert not send(ProcessId(process.pid, "earlier"), signal.SIGKILL)
        assert process.poll() is None
        assert send(identity, signal.SIGTERM)
        assert process.wait(180) == -signal.SIGTERM
        assert not send(identity, signal.SIGTERM)
    finally:
        process.kill()
        process.wait()
