"""Watch: one question for all who wait, and news from inside makes any question unnecessary."""

import asyncio

import pytest

from outcry.adapters.postgres.watch import Watch


class Number:
    """A number somewhere, that counts how often it is asked for."""

    def __init__(self) -> None:
        self.value = 0
        self.asked = 0
        self.failure: Exception | None = None
        self.gate = asyncio.Event()
        self.gate.set()

    async def ask(self) -> int:
        """Return the number as it was when the question was put."""
        self.asked += 1
        value = self.value
        await self.gate.wait()
        if self.failure is not None:
            raise self.failure
        return value


async def test_what_is_known_is_not_asked_again() -> None:
    """A number that was seen answers every wait for it or less."""
    number = Number()
    number.value = 7
    watch = Watch(number.ask)

    assert await watch.until(5, 0) == 7
    assert await watch.until(7, 1_000) == 7

    assert number.asked == 1
    await watch.close()


async def test_many_who_wait_ask_together() -> None:
    """A hundred waiters put no more questions than one."""
    number = Number()
    watch = Watch(number.ask)
    waits = [asyncio.create_task(watch.until(1, 60_000)) for _ in range(100)]
    await asyncio.sleep(0.03)
    number.asked = 0
    await asyncio.sleep(0.1)
    asked = number.asked

    number.value = 1

    assert await asyncio.gather(*waits) == [1] * 100
    assert 1 <= asked <= 100
    await watch.close()


async def test_nobody_asks_when_nobody_waits() -> None:
    """After the last waiter went there are no more questions."""
    number = Number()
    watch = Watch(number.ask)
    assert await watch.until(1, 20) == 0
    await asyncio.sleep(0.05)
    number.asked = 0

    await asyncio.sleep(0.05)

    assert number.asked == 0
    await watch.close()


async def test_news_wakes_at_once_and_is_not_undone_by_an_older_answer() -> None:
    """A question that was under way when the number grew brings nothing new."""
    number = Number()
    watch = Watch(number.ask)
    number.gate.clear()
    first = asyncio.create_task(watch.until(3, 60_000))
    await asyncio.sleep(0.01)

    watch.saw(5)
    number.gate.set()

    assert await first == 5
    assert await watch.until(5, 0) == 5
    await watch.close()


async def test_a_failed_question_fails_those_who_wait_and_nobody_else() -> None:
    """Waiters get the failure; the next wait asks anew."""
    number = Number()
    watch = Watch(number.ask)
    waits = [asyncio.create_task(watch.until(1, 60_000)) for _ in range(3)]
    await asyncio.sleep(0.01)
    number.failure = ConnectionError("gone")

    assert [type(e) for e in await asyncio.gather(*waits, return_exceptions=True)] == [
        ConnectionError
    ] * 3
    number.failure = None
    number.value = 1
    assert await watch.until(1, 60_000) == 1
    await watch.close()


async def test_closing_ends_the_waits() -> None:
    """Whoever still waits when it is closed is cancelled, not left behind."""
    watch = Watch(Number().ask)
    wait = asyncio.create_task(watch.until(1, 60_000))
    await asyncio.sleep(0.01)

    await watch.close()

    with pytest.raises(asyncio.CancelledError):
        await wait


async def test_a_wait_that_was_cancelled_leaves_the_others() -> None:
    """One waiter that gives up takes nobody with it."""
    number = Number()
    watch = Watch(number.ask)
    waits = [asyncio.create_task(watch.until(1, 60_000)) for _ in range(2)]
    await asyncio.sleep(0.01)
    waits[0].cancel()
    await asyncio.sleep(0.01)

    number.value = 1

    assert await waits[1] == 1
    assert waits[0].cancelled()
    await watch.close()
