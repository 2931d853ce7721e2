"""The supervisor over real processes: started again, given up, stopped in reverse order."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.support.ports import free_port
from tests.support.waiting import until

from outcry.app import supervisor as module
from outcry.app.pids import ProcessId, alive
from outcry.app.record import Address
from outcry.app.supervisor import GaveUp, Plan, Supervisor, first


CHILD = Path(__file__).with_name("child.py")


class Team:
    """A supervisor of *names*, and every process it ever started."""

    def __init__(self, *names: str, code: str = "serve") -> None:
        plans = []
        for name in names:
            port = free_port("127.0.0.1")
            arguments = [str(CHILD), str(port), code]
            plans.append(Plan(name, arguments, dict(os.environ), Address("127.0.0.1", port)))
        self.started: list[tuple[str, ProcessId]] = []
        self.supervisor = Supervisor(plans, lambda name, who: self.started.append((name, who)))

    def newest(self, name: str) -> ProcessId:
        """Return the process that was started last as *name*."""
        return [process for started, process in self.started if started == name][-1]


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nothing wait for long."""
    monkeypatch.setattr(module, "PAUSE_MIN_S", 0.001)
    monkeypatch.setattr(module, "PAUSE_MAX_S", 0.01)


@pytest.fixture
async def team() -> AsyncIterator[Team]:
    """Give two processes that are ready, and end them."""
    made = Team("core", "edge")
    made.supervisor.start()
    await made.supervisor.ready()
    yield made
    await made.supervisor.stop(5)


async def test_a_process_that_is_killed_is_started_again(team: Team) -> None:
    """Another process takes its place and becomes ready; the other one is left alone."""
    before = team.newest("core")
    other = team.newest("edge")
    os.kill(before.pid, signal.SIGKILL)
    await until(lambda: team.newest("core") != before)
    await team.supervisor.ready()
    assert team.supervisor.unready() == []
    assert team.newest("edge") == other
    assert alive(other)


async def test_stopping_ends_every_process(team: Team) -> None:
    """After `stop` nothing runs, and nothing is started again."""
    await team.supervisor.stop(5)
    assert not any(alive(process) for _, process in team.started)
    assert len(team.started) == 2


async def test_a_process_that_never_gets_ready_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """After a bounded number of starts that all failed the supervisor says so."""
    monkeypatch.setattr(module, "FAILED_STARTS_MAX", 3)
    made = Team("core", code="1")
    made.supervisor.start()
    with pytest.raises(GaveUp, match="core ended 3 times before it was ready"):
        await made.supervisor.failed()
    # One that ends at once may be gone before it can be identified.
    assert len(made.started) <= 3


@pytest.mark.parametrize("code", ["2", "3"])
async def test_a_process_that_needs_somebody_is_not_started_again(code: str) -> None:
    """Wrong configuration, or a decision that an operator must take, ends it at the first time."""
    made = Team("core", code=code)
    made.supervisor.start()
    with pytest.raises(GaveUp) as caught:
        await made.supervisor.failed()
    assert caught.value.code == int(code)
    assert len(made.started) == 1


async def test_the_first_of_several_ends_the_others() -> None:
    """`first` raises what the first one raised and cancels the rest."""
    ended = asyncio.Event()

    async def for_ever() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async def fail() -> None:
        await asyncio.sleep(0)
        raise GaveUp("core", 1)

    with pytest.raises(GaveUp):
        await first(for_ever(), fail())
    assert ended.is_set()
