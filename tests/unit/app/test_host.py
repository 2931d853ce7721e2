"""One process and its services: order, failures, signals. Over a real process, which may end."""

import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from tests.support.ports import free_port


HOSTED = Path(__file__).with_name("hosted.py")
SECONDS_MAX = 180


def run(how: str, port: int | None = None) -> tuple[int, list[str], str]:
    """Run services to their end; a process that is well is told to stop once both run."""
    place = free_port("127.0.0.1") if port is None else port
    with subprocess.Popen(
        [sys.executable, str(HOSTED), str(place), how],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        steps = []
        if how == "well":
            for line in process.stdout:
                steps.append(line.strip())
                if line == "run second\n":
                    process.send_signal(signal.SIGTERM)
        output, errors = process.communicate(timeout=SECONDS_MAX)
    return process.returncode, [*steps, *output.split("\n")[:-1]], errors


def test_services_start_in_order_and_stop_in_reverse() -> None:
    """SIGTERM stops the last service first, and closes connections when all are stopped."""
    code, steps, _ = run("well")
    assert code == 0
    assert steps[:4] == ["start first", "run first", "start second", "run second"]
    assert steps[4:] == ["stop second", "stop first", "closed"]


@pytest.mark.parametrize("how", ["fails at start", "fails later"])
def test_a_service_that_fails_ends_the_process_at_once(how: str) -> None:
    """One line says what failed and what it means; nothing is stopped in order after that."""
    code, steps, errors = run(how)
    assert code == 1
    assert "stop first" not in steps
    lines = [line for line in errors.splitlines() if "process_failed" in line]
    assert len(lines) == 1
    assert '"kind":"InvariantError","reason":"the books do not balance"' in lines[0]
    assert "outcry verify" in lines[0]
    assert "Traceback" not in errors


def test_a_bug_keeps_its_traceback() -> None:
    """What nobody raised on purpose is logged with where it happened."""
    code, _, errors = run("bug")
    assert code == 1
    assert "Traceback" in errors
    assert "hosted.py" in errors


def test_a_taken_port_ends_the_process_with_its_setting() -> None:
    """The exit code is that of wrong configuration, the line names the setting."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        code, steps, errors = run("later", taken.getsockname()[1])
    assert code == 2
    assert steps == []
    assert "metrics.core_port: port" in errors
