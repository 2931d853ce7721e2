"""Strike what `outcry up` runs, many times: ``long_run_embedded.py [BLOWS] [SEED]``, by hand.

Each blow is a kill -9 of one process, of two at once, of the supervisor, or a FLUSHALL, under load
and without waiting for the last one to be over. After every tenth, and at the end, every answered
order must exist once and `outcry verify` must find nothing.
"""

import random
import signal
import sys
import tempfile
import time
from pathlib import Path

import redis
from tests.integration.chaos.trading import (
    PROCESSES,
    Load,
    more_orders,
    orders_of,
    traders_of,
    wipe,
)
from tests.support.exchange import Exchange, exchange, wait_until

from outcry.app.pids import send


CHECK_EVERY = 10
PAUSE_SECONDS_MAX = 3.0


def strike(made: Exchange, chance: random.Random) -> str:
    """Do something terrible; returns what it was."""
    kind = chance.choices(["one", "two", "wipe", "supervisor"], [10, 5, 2, 1])[0]
    if kind == "wipe":
        try:
            wipe(made)
        except redis.ConnectionError:
            return "wipe (nobody there)"
        return kind
    if kind == "supervisor":
        made.kill("supervisor")
        made.wait()
        made.start()
        return kind
    names = chance.sample(PROCESSES, 1 if kind == "one" else 2)
    for name in names:
        send(made.processes()[name], signal.SIGKILL)
    return " and ".join(names)


def check(made: Exchange, loads: list[Load]) -> None:
    """Hold what was answered against what is there."""
    made.wait_ready()
    more_orders(loads, "the blows")
    for load in loads:
        load.pause()
    for load in loads:
        assert orders_of(load) == load.answered
        load.resume()
    verdict = made.verify().splitlines()[-1]
    answered = sum(len(load.answered) for load in loads)
    say(f"     {answered} answered, {sum(load.repeats for load in loads)} repeats, {verdict}")


def main(blows: int, seed: int) -> None:
    """Strike *blows* times."""
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder, exchange(Path(folder)) as made:
        made.start()
        loads = traders_of(made)
        for load in loads:
            load.start()
        for number in range(1, blows + 1):
            began = time.monotonic()
            blow = strike(made, chance)
            time.sleep(chance.uniform(0, PAUSE_SECONDS_MAX))
            say(f"{number:4} {blow}, {time.monotonic() - began:.1f} s")
            if number % CHECK_EVERY == 0 or number == blows:
                check(made, loads)
        for load in loads:
            load.stop()
        made.stop()
        wait_until(lambda: "Stopped." in made.output())


def say(line: str) -> None:
    """Tell whoever watches."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    given = dict(enumerate(sys.argv))
    main(int(given.get(1, "50")), int(given.get(2, "1")))
