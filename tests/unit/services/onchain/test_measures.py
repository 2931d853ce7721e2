"""Whether the chain lives, and how long settling takes."""

from tests.support.settling import scene

from outcry.domain.ledger.pending import Outcome
from outcry.services.onchain.measures import Measures


class Clock:
    """Seconds that a test sets."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        """Return the seconds."""
        return self.seconds


def test_a_chain_without_answers_or_without_awaited_blocks_is_stalled() -> None:
    """Silence counts always; blocks that do not come only while something waits for one."""
    clock = Clock()
    measures = Measures(60, lambda _: None, clock)
    clock.seconds += 61
    told = [measures.stalled]
    measures.answered(5, waiting=True)
    told.append(measures.stalled)
    for _ in range(4):
        clock.seconds += 20
        measures.answered(5, waiting=True)
    told.append(measures.stalled)
    assert measures.status()["stalled_seconds"] == 80
    measures.answered(6, waiting=True)
    told.append(measures.stalled)
    for _ in range(4):
        clock.seconds += 20
        measures.answered(6, waiting=False)
    told.append(measures.stalled)
    assert told == [True, False, True, False, False]


def test_settling_is_timed_from_its_request_in_this_life() -> None:
    """Each verdict once; what was requested in an earlier life has no beginning, and is counted."""
    clock, took = Clock(), list[float]()
    measures = Measures(60, took.append, clock)
    clock.seconds += 7
    measures.verdict(Outcome.CONFIRMED, 100.0)
    measures.verdict(Outcome.FAILED, 0.0)
    measures.gas(250)
    assert took == [7.0]
    status = measures.status()
    assert (status["confirmed_total"], status["failed_total"]) == (1, 1)
    assert status["gas_used_total"] == 250


async def test_a_stalled_chain_makes_the_service_not_ready() -> None:
    """What `/readyz` asks says no while nothing can settle, and yes when the chain goes on."""
    async with scene() as on:
        await on.step()
        assert on.onchain is not None
        assert on.onchain.status()["ready"]
        on.onchain._measures._answered_at -= 10_000
        assert not on.onchain.status()["ready"]
        await on.step()
        assert on.onchain.status()["ready"]
