"""Compare engines on a long seeded stream: ``python -m tests.model.kernel.long_run --help``.

Prints one line of progress after each interval, and ends with status 1 and the first fact that
differs, with the command that led to it, as soon as two engines disagree. The same seed gives the
same stream for ever on the same version of this file.
"""

# ruff: noqa: T201 - a command prints

import argparse
import sys
import time
from collections.abc import Sequence

from tests.model.kernel.lockstep import ENGINES, Lockstep
from tests.model.kernel.streams import Stream
from tests.unit.kernel.engines import Kernel, available


BATCH = 500
#: Batches between two looks at the whole state.
COMPARE_EVERY = 20


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the comparison; return the exit status."""
    engines = available()
    parser = argparse.ArgumentParser(prog="long_run", description="Compare engines on a stream.")
    parser.add_argument("--operations", type=int, default=1_000_000, metavar="N")
    parser.add_argument("--seed", type=int, default=1, metavar="N")
    parser.add_argument("--every", type=int, default=100_000, metavar="N", help="operations")
    parser.add_argument("--resting", type=int, default=200, metavar="N", help="orders that rest")
    parser.add_argument("--accounts", type=int, default=5, metavar="N", help="that trade")
    parser.add_argument("--markets", type=int, default=4, metavar="N", help="that are not closed")
    parser.add_argument("--audit", action="store_true", help="check every fact (slow)")
    parser.add_argument("--engines", nargs="+", default=list(ENGINES), choices=list(engines))
    chosen = parser.parse_args(arguments)
    stream = Stream(
        chosen.seed,
        resting_max=chosen.resting,
        markets_max=chosen.markets,
        accounts=chosen.accounts,
    )
    classes = {name: engines[name] for name in chosen.engines}
    print(f"seed {chosen.seed}, engines {', '.join(classes)}", flush=True)
    return run(stream, classes, chosen.operations, every=chosen.every, audit=chosen.audit)


def run(
    stream: Stream, classes: dict[str, type[Kernel]], operations: int, *, every: int, audit: bool
) -> int:
    """Feed *operations* commands to all engines; return the exit status."""
    lockstep = Lockstep(classes)
    started = time.monotonic()
    done, next_report = 0, every
    while done < operations:
        records = stream.take(min(BATCH, operations - done))
        try:
            step(lockstep, records, audit=audit)
            if done // BATCH % COMPARE_EVERY == 0 or done + BATCH >= operations:
                lockstep.compare()
                lockstep.compare_snapshots()
        except AssertionError as error:
            print(f"operations {done + 1} to {done + len(records)}: {error}", flush=True)
            return 1
        done += len(records)
        if done >= next_report or done == operations:
            next_report += every
            rate = done / (time.monotonic() - started)
            state = next(iter(lockstep.engines.values())).state_hash()
            print(f"{done:>12,} operations  {rate:>9,.0f}/s  state {state:016x}", flush=True)
    return 0


def step(lockstep: Lockstep, records: list[bytes], *, audit: bool) -> None:
    """Feed one batch to all engines and compare what they say."""
    if audit:
        for record in records:
            lockstep.witness(record)
        for engine in lockstep.engines.values():
            lockstep.audit.check(engine)
    else:
        lockstep.process(b"".join(records))


if __name__ == "__main__":
    sys.exit(main())
