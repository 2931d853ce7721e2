"""`outcry sim`: one world after the other, with a line now and then and a story of each failure."""

import sys
import time
from collections.abc import Sequence
from typing import Final

from outcry.app.failures import DONE, FAILED
from outcry.app.sim.world import Outcome, World


#: Seconds between two lines of progress.
LINE_SECONDS: Final = 5.0
#: Failing worlds that are told as a whole; others only by their first finding.
TOLD_MAX: Final = 3


class Tally:
    """What all worlds so far came to."""

    def __init__(self) -> None:
        self.failed: list[int] = []
        self.worlds = self.steps = self.strikes = self.answers = self.fills = 0
        self.slowest_seconds = 0.0
        self._began = time.monotonic()

    def add(self, outcome: Outcome) -> None:
        """Count one world."""
        self.worlds += 1
        self.steps += outcome.steps
        self.strikes += outcome.strikes
        self.answers += outcome.answers
        self.fills += outcome.fills
        self.slowest_seconds = max(self.slowest_seconds, outcome.rest_seconds)
        if outcome.findings:
            self.failed.append(outcome.seed)

    def line(self) -> str:
        """Return the tally as a line."""
        rate = self.worlds / max(time.monotonic() - self._began, 1e-9)
        return (
            f"{self.worlds:,} worlds, {rate:.1f} a second: {self.steps:,} steps,"
            f" {self.strikes:,} strikes, {self.answers:,} answers, {self.fills:,} fills;"
            f" at rest after at most {self.slowest_seconds:.1f} virtual s;"
            f" {len(self.failed)} failed"
        )


def run(seeds: Sequence[int], *, trace: bool) -> int:
    """Live through the worlds of *seeds*; returns the exit code."""
    tally, said_at = Tally(), time.monotonic()
    for seed in seeds:
        outcome = World(seed, say if trace else None).run()
        tally.add(outcome)
        if outcome.findings:
            _tell(outcome, whole=len(tally.failed) <= TOLD_MAX and not trace)
        if trace:
            say(f"seed {seed}: {outcome.steps} steps, trace {outcome.digest}")
        if time.monotonic() - said_at >= LINE_SECONDS:
            said_at = time.monotonic()
            say(tally.line())
    say(tally.line())
    if tally.failed:
        say(f"failed: {' '.join(map(str, tally.failed))}")
    return FAILED if tally.failed else DONE


def _tell(outcome: Outcome, *, whole: bool) -> None:
    """Tell what went wrong, and how to see it again."""
    say(f"seed {outcome.seed} FAILED after {outcome.steps} steps, trace {outcome.digest}")
    if whole:
        for line in outcome.last_lines:
            say(f"    {line}")
    for finding in outcome.findings if whole else outcome.findings[:1]:
        say(f"  finding: {finding}")
    say(f"  again: outcry sim --seed {outcome.seed} --seeds 1 --trace")


def say(line: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
