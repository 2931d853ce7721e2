"""The coalescer: few large batches, nothing lost, nothing mixed up, nothing without bound."""

import asyncio
from collections.abc import Sequence

import pytest

from outcry.adapters.grpc.coalescer import RETRY_AFTER_MS, Coalescer
from outcry.messages.requests import (
    CancelAccepted,
    CancelRequest,
    Declined,
    OrderRequest,
    OrderResult,
)
from outcry.ports.asset import AssetUnavailable
from outcry_wire.rejects import Reject


def cancels(*order_ids: int) -> list[OrderRequest]:
    """Return requests that can be told apart."""
    return [CancelRequest(1, order_id, "") for order_id in order_ids]


class Ledger:
    """Answers every cancel with its own number, when it is let."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.reached = asyncio.Event()
        self.open = asyncio.Event()
        self.open.set()
        self.error: Exception | None = None

    async def send(self, requests: Sequence[OrderRequest]) -> list[OrderResult]:
        """Remember the batch, wait for leave, answer."""
        order_ids = [request.order_id for request in requests if isinstance(request, CancelRequest)]
        self.batches.append(order_ids)
        self.reached.set()
        await self.open.wait()
        if self.error is not None:
            raise self.error
        return [CancelAccepted(order_id, [order_id]) for order_id in order_ids]


@pytest.fixture
def ledger() -> Ledger:
    """Give a ledger that answers at once."""
    return Ledger()


async def test_what_arrives_together_travels_together(ledger: Ledger) -> None:
    """Submissions of one moment become one batch, in order, and each gets its own answers."""
    coalescer = Coalescer(ledger.send)

    first, second, none = await asyncio.gather(
        coalescer.submit(cancels(1, 2)), coalescer.submit(cancels(3)), coalescer.submit([])
    )

    assert ledger.batches == [[1, 2, 3]]
    assert first == [CancelAccepted(1, [1]), CancelAccepted(2, [2])]
    assert second == [CancelAccepted(3, [3])]
    assert none == []


async def test_a_batch_has_a_limit_and_submissions_stay_whole(ledger: Ledger) -> None:
    """No batch exceeds its limit, no submission is split, and the order is kept."""
    coalescer = Coalescer(ledger.send, count_max=4)

    await asyncio.gather(*(coalescer.submit(cancels(n, n + 1, n + 2)) for n in (10, 20, 30)))

    assert ledger.batches == [[10, 11, 12], [20, 21, 22], [30, 31, 32]]


async def test_what_arrives_while_a_batch_is_away_waits_for_the_next(ledger: Ledger) -> None:
    """With the allowed number in flight, everything that comes gathers in one further batch."""
    ledger.open.clear()
    coalescer = Coalescer(ledger.send, in_flight_max=1)
    first = asyncio.create_task(coalescer.submit(cancels(1)))
    await ledger.reached.wait()
    later = [asyncio.create_task(coalescer.submit(cancels(n))) for n in (2, 3, 4)]
    await asyncio.sleep(0.01)
    assert ledger.batches == [[1]]

    ledger.open.set()
    await asyncio.gather(first, *later)

    assert ledger.batches == [[1], [2, 3, 4]]


async def test_more_than_may_wait_is_declined_busy(ledger: Ledger) -> None:
    """Above the bound each request is declined with when to come back, and none is sent."""
    ledger.open.clear()
    coalescer = Coalescer(ledger.send, waiting_count_max=3, in_flight_max=1)
    waiting = asyncio.create_task(coalescer.submit(cancels(1, 2)))
    await asyncio.sleep(0)

    declined = await coalescer.submit(cancels(3, 4))

    assert declined == [Declined(Reject.BUSY, retry_after_ms=RETRY_AFTER_MS)] * 2
    ledger.open.set()
    await waiting
    assert ledger.batches == [[1, 2]]
    assert await coalescer.submit(cancels(5, 6)) == [CancelAccepted(5, [5]), CancelAccepted(6, [6])]


async def test_who_gives_up_in_time_is_not_sent(ledger: Ledger) -> None:
    """A caller that is cancelled while it waits takes its requests along; the others go on."""
    ledger.open.clear()
    coalescer = Coalescer(ledger.send, in_flight_max=1)
    first = asyncio.create_task(coalescer.submit(cancels(1)))
    await ledger.reached.wait()
    given_up = asyncio.create_task(coalescer.submit(cancels(2)))
    patient = asyncio.create_task(coalescer.submit(cancels(3)))
    await asyncio.sleep(0)
    given_up.cancel()
    ledger.open.set()

    assert await patient == [CancelAccepted(3, [3])]
    await first
    assert ledger.batches == [[1], [3]]


async def test_a_failed_batch_fails_everybody_in_it_and_nobody_else(ledger: Ledger) -> None:
    """When the ledger cannot be reached every caller of that batch knows; the next one works."""
    ledger.error = AssetUnavailable("gone")
    coalescer = Coalescer(ledger.send)

    failed = await asyncio.gather(
        coalescer.submit(cancels(1)), coalescer.submit(cancels(2)), return_exceptions=True
    )

    assert [type(error) for error in failed] == [AssetUnavailable, AssetUnavailable]
    assert failed[0] is not failed[1]
    ledger.error = None
    assert await coalescer.submit(cancels(3)) == [CancelAccepted(3, [3])]


async def test_closing_answers_everybody(ledger: Ledger) -> None:
    """Whoever waits when the door closes, sent or not, gets `AssetUnavailable`; later ones too."""
    ledger.open.clear()
    coalescer = Coalescer(ledger.send, in_flight_max=1)
    waiting = [asyncio.create_task(coalescer.submit(cancels(1)))]
    await ledger.reached.wait()
    waiting.append(asyncio.create_task(coalescer.submit(cancels(2))))
    await asyncio.sleep(0)

    await coalescer.close()

    failed = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(error) for error in failed] == [AssetUnavailable, AssetUnavailable]
    with pytest.raises(AssetUnavailable):
        await coalescer.submit(cancels(3))
