"""`outcry demo` as a user runs it: a real exchange, real bots, a verdict; and what it refuses."""

import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.exchange import Exchange, exchange, wait_until

from outcry.app.pids import alive
from outcry.app.stopping import DEMO_MARK


@pytest.fixture
def venue(tmp_path: Path) -> Iterator[Exchange]:
    """Give a folder with small servers on free ports; nothing of it outlives the test."""
    with exchange(tmp_path) as made:
        yield made


def demo(made: Exchange, *arguments: str) -> tuple[int, str, str]:
    """Run a demo to its end; returns exit code, output and errors."""
    done = made.command("demo", *arguments)
    return done.returncode, done.stdout, done.stderr


def figure(output: str, name: str) -> str:
    """Return a line of the summary."""
    found = re.search(rf"^{name} +(.*?) *$", output, re.MULTILINE)
    assert found, f"no {name} in {output}"
    return found[1]


def test_a_short_demo_ends_clean(venue: Exchange) -> None:
    """In 8 s every kind of fill happens, a market is paid and redeemed, and verify is clean."""
    code, output, errors = demo(venue, "--seconds", "8", "--rate", "60")
    assert code == 0, f"{output}\n{errors}"
    fills = re.fullmatch(
        r"([\d,]+): (\d+) transfer, (\d+) mint, (\d+) merge", figure(output, "fills")
    )
    assert fills
    assert all(int(count) > 0 for count in fills.groups()[1:]), fills[0]
    assert not figure(output, "orders").startswith("0 ")
    life = re.fullmatch(
        r"(\d+) markets paid, (\d+) redemptions of ([\d,.]+)", figure(output, "life")
    )
    assert life
    assert int(life[1]) >= 1
    assert int(life[2]) >= 1
    assert "Coin, round 1: closed, every order cancelled" in output
    assert "p50" in figure(output, "result")
    assert figure(output, "ledger").endswith("0 open orders")
    assert figure(output, "verdict").startswith("clean")
    assert "Traceback" not in errors
    assert venue.command("status").returncode == 1  # what it started, it stopped


def test_a_demo_touches_no_other_venue(venue: Exchange) -> None:
    """Without its mark an exchange is refused, running or not; with it, joined and left running."""
    venue.start()
    code, _, errors = demo(venue, "--seconds", "5")
    assert code == 2
    assert "is not a demo venue" in errors
    assert venue.client(venue.token("operator", admin=True)).get("/api/events")["total"] == 0

    mark = venue.data_dir / DEMO_MARK
    assert not mark.exists()
    mark.touch()
    processes = venue.processes()
    code, output, errors = demo(venue, "--seconds", "5", "--bots", "2", "--rate", "30")
    assert code == 0, f"{output}\n{errors}"
    assert figure(output, "verdict").startswith("clean")
    assert all(alive(process) for process in processes.values())
    mark.unlink()

    assert venue.stop() == 0
    code, _, errors = demo(venue, "--seconds", "5")
    assert code == 2
    assert "holds an exchange that is not a demo venue" in errors
    assert not mark.exists()


def test_a_stopped_demo_ends_in_order(venue: Exchange) -> None:
    """`outcry stop` (as Ctrl-C) ends the round that was begun, cancels, verifies and stops."""
    venue.launch("demo", "--rate", "40")
    wait_until(lambda: "Coin, round 1: listed" in venue.output(), venue._still_running)
    processes = venue.processes()
    venue.signal(signal.SIGINT)
    assert venue.wait() == 0, venue.output() + venue.logs()
    output = venue.output()
    assert figure(output, "life").startswith("1 markets paid")
    assert figure(output, "ledger").endswith("0 open orders")
    assert figure(output, "verdict").startswith("clean")
    assert not any(alive(process) for process in processes.values())
