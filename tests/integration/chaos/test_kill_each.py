"""`kill -9` of everything in turn, and all streams wiped, while orders keep coming."""

from pathlib import Path

import pytest
from tests.integration.chaos.trading import (
    PROCESSES,
    Load,
    more_orders,
    orders_of,
    traders_of,
    wipe,
)
from tests.support.exchange import Exchange, exchange


pytestmark = pytest.mark.timeout(600)  # several starts, on whatever machine


def test_every_answered_order_exists_once_whatever_is_killed(tmp_path: Path) -> None:
    """Six kinds of kill -9 and a FLUSHALL under load: no order lost or doubled, verify clean."""
    with exchange(tmp_path, OUTCRY_LIMITS_RESULT_WAIT_MS_MAX="2000") as made:
        made.start()
        loads = traders_of(made)
        for load_ in loads:
            load_.start()
        try:
            strike_all(made, loads)
        finally:
            for load_ in loads:
                load_.stop()
        made.wait_ready()
        assert sum(load_.repeats for load_ in loads), "nothing was ever in doubt"
        for load_ in loads:
            assert orders_of(load_) == load_.answered
        assert "verdict   clean" in made.verify()
        assert made.stop() == 0


def strike_all(made: Exchange, loads: list[Load]) -> None:
    """Kill each process, then wipe the streams; after each, orders must be answered again."""
    for name in PROCESSES:
        before = made.processes()[name]
        made.kill(name)
        made.wait_replaced(name, before)
        made.wait_ready()
        more_orders(loads, name)
    wipe(made)
    more_orders(loads, "the wipe")
