"""`outcry run` on servers by URL, killed and stopped at random while orders keep coming."""

import random
from pathlib import Path

import pytest
from tests.integration.chaos.struck import pause, struck

from outcry.app.processes import GROUPS


pytestmark = pytest.mark.timeout(600)  # several starts, on whatever machine
#: Of each kind one; `make chaos` strikes a hundred times at random.
BLOWS = (
    ("kill", "core"),
    ("kill", "postgresql"),
    ("stand still", "match"),
    ("kill two", ""),
    ("wipe", ""),
    ("kill", "valkey"),
    ("stand still", "core"),
)


def test_nothing_is_lost_or_doubled_whatever_is_struck(tmp_path: Path) -> None:
    """After kill -9, SIGSTOP and FLUSHALL every answer is true, and told fills are in the log."""
    chance = random.Random(1)
    with struck(tmp_path, tuple(GROUPS)) as made:
        for blow in BLOWS:
            made.strike(chance, *blow)
            pause(chance, 1.0)
        made.recover("the blows")
        assert made.restarts
        made.compare_tables()
