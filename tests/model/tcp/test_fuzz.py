"""Spoilt inputs, a short run of those that tests.model.tcp.long_run sends by the million."""

import pytest
from tests.model.tcp.long_run import LOW, decode, disturb
from tests.support.tcp_engine import hosted
from tests.support.tcp_records import cancel_all, framed, place


@pytest.mark.parametrize("seed", range(3))
def test_spoilt_bytes_lead_both_kernels_to_the_same(seed: int) -> None:
    """Answers, asides and states agree; books stay sound; orders still get through."""
    assert decode(seed, 2_500) > 500


def test_spoilt_connections_disturb_nobody() -> None:
    """A calm client trades as if alone while a hundred others send whatever they like."""
    with hosted() as engine, engine.client(7) as calm:
        for turn in range(4):
            disturb(engine.port, 1_000 * turn, 25)
            seq = 2 * turn
            calm.say(framed(place(seq + 1, seq + 1, instrument=2, price=LOW), cancel_all(seq + 2)))
            assert [name for name, _ in calm.told(3)][1:] == ["ORDER_CANCELLED", "COMMAND_DONE"]
        engine.ask(engine.engine.room.engine.check)
