"""Who stands back makes itself nice, and nobody else."""

import subprocess
import sys
from pathlib import Path

import pytest


AUTOGROUP = Path("/proc/self/autogroup")
#: Prints by how much standing back made the session and the process nice.
LIVED = f"""
import os, sys
from outcry.app.priority import stand_back
if sys.argv[1] == "member" and (child := os.fork()):
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
before = os.nice(0)
stand_back("history")
print(open("{AUTOGROUP}").read().split()[-1], os.nice(0) - before, flush=True)
"""


@pytest.mark.skipif(not AUTOGROUP.exists(), reason="Linux does not weigh sessions here")
@pytest.mark.parametrize(("who", "nice"), [("leader", ["5", "5"]), ("member", ["0", "5"])])
def test_a_session_stands_back_only_with_its_leader(who: str, nice: list[str]) -> None:
    """A process makes the session nice that it leads, never one that it was started in."""
    lived = subprocess.run(
        [sys.executable, "-c", LIVED, who],
        start_new_session=True,
        capture_output=True,
        text=True,
        check=True,
    )
    assert lived.stdout.split() == nice
