"""Whole exchanges in virtual time, each decided by a seed, struck at random and audited."""

import os
import subprocess
import sys

import pytest
from tests.sim.plants import answer_before_commit, planted
from typer.testing import CliRunner

from outcry.app.commands import app
from outcry.app.sim.run import run
from outcry.app.sim.world import World


#: A fault that is known and not found yet: the ledger has a split that escrow has not.
KNOWN = pytest.mark.xfail(strict=True, reason="world 77: a split is missing in escrow")
#: Worlds of every test run; `outcry sim` goes on from there.
SEEDS = range(1, 106)

#: Worlds that are lived through three times.
SAME = range(7, 11)


def digest(seed: int) -> str:
    """Return the hash of all that happens in a world."""
    return World(seed).run().digest


@pytest.mark.parametrize(
    "seed", [pytest.param(seed, marks=[KNOWN] if seed == 77 else []) for seed in SEEDS]
)
def test_what_was_told_is_there_whatever_strikes(seed: int) -> None:
    """After any crashes, losses and repeats all that anybody was told is there, once and exact."""
    outcome = World(seed).run()
    assert outcome.findings == []
    assert outcome.entries


def test_the_worlds_are_not_idle() -> None:
    """Between them a few worlds see strikes, fills and answers in numbers that mean something."""
    outcomes = [World(seed).run() for seed in range(1, 11)]
    assert sum(outcome.strikes for outcome in outcomes) > 30
    assert sum(outcome.fills for outcome in outcomes) > 60
    assert sum(outcome.answers for outcome in outcomes) > 600


def test_a_seed_gives_the_same_world_again() -> None:
    """Step for step, also in another process, where hashes and addresses are others."""
    first = [digest(seed) for seed in SAME]
    elsewhere = subprocess.run(
        [sys.executable, "-c", f"from {__name__} import *; print(*map(digest, SAME))"],
        env={**os.environ, "PYTHONHASHSEED": "1234", "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert [digest(seed) for seed in SAME] == first
    assert elsewhere == first
    assert len(set(first)) == len(SAME)


def test_a_failing_world_is_told_with_its_last_steps(capsys: pytest.CaptureFixture[str]) -> None:
    """The seed, what is wrong, how it came to that, and the command that shows it again."""
    with planted(answer_before_commit):
        seed = next(seed for seed in SEEDS if World(seed).run().findings)
        assert run([seed], trace=False) == 1
    told = capsys.readouterr().out
    assert f"seed {seed} FAILED" in told
    assert "finding: " in told
    assert " commit " in told
    assert f"again: outcry sim --seed {seed} --seeds 1 --trace" in told


def test_the_command_counts_its_worlds() -> None:
    """`outcry sim` says how many worlds it saw and how fast, and ends well when all were."""
    done = CliRunner().invoke(app, ["sim", "--seeds", "2", "--seed", "5"])
    assert done.exit_code == 0, done.output
    assert "2 worlds, " in done.output
    assert "0 failed" in done.output
