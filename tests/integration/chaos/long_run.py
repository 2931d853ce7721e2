"""Strike a distributed exchange many times: ``long_run.py [COUNT] [SEED]``, or `make chaos`.

Ten services in ten processes, PostgreSQL and Valkey; six traders over HTTP who repeat what was not
answered, and who listen to their private feeds. A round is up to three blows at random: kill -9 of
a process or of two, SIGSTOP for a while, FLUSHALL; then everybody must be answered again. After
every round `verify` finds nothing, every answered order is in the log once, and no fill was told
that the log lacks; in the end the tables have exactly what was answered.
"""

import random
import sys
import tempfile
import time
from pathlib import Path

from tests.integration.chaos.struck import pause, struck

from outcry.app.processes import SERVICES


ROUND_BLOWS_MAX = 3
PAUSE_SECONDS_MAX = 1.0


def main(blows: int, seed: int) -> None:
    """Strike *blows* times."""
    chance = random.Random(seed)
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, struck(Path(folder), SERVICES) as made:
        struck_count = 0
        while struck_count < blows:
            told = []
            for _ in range(min(chance.randint(1, ROUND_BLOWS_MAX), blows - struck_count)):
                told.append(made.strike(chance))
                struck_count += 1
                pause(chance, PAUSE_SECONDS_MAX)
            began_at = time.monotonic()
            seen = made.recover(", ".join(told))
            say(f"{struck_count:4} {', '.join(told)}: {time.monotonic() - began_at:.1f} s; {seen}")
        made.compare_tables()
        say(f"{struck_count} blows, {made.restarts} restarts, seed {seed},"
            f" {time.monotonic() - began:.0f} s: clean")  # fmt: skip


def say(line: str) -> None:
    """Tell whoever watches."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    given = dict(enumerate(sys.argv))
    main(int(given.get(1, "100")), int(given.get(2, "1")))
