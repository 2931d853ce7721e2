"""The first signal asks, the second one ends, and asking has a bound."""

import asyncio
import os
import signal

import pytest

from outcry.runtime.shutdown import Shutdown


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_the_first_signal_asks_for_an_orderly_end(number: signal.Signals) -> None:
    """SIGTERM and SIGINT wake whoever waits, and end nothing by themselves."""
    ends: list[int] = []
    with Shutdown(60_000, ends.append) as shutdown:
        os.kill(os.getpid(), number)
        await shutdown.wait()

        assert shutdown.requested
    assert ends == []


async def test_the_second_signal_ends_at_once() -> None:
    """The exit status says which signal it was, as a shell would."""
    ends: asyncio.Queue[int] = asyncio.Queue()
    with Shutdown(60_000, ends.put_nowait) as shutdown:
        os.kill(os.getpid(), signal.SIGTERM)
        await shutdown.wait()
        os.kill(os.getpid(), signal.SIGINT)

        assert await ends.get() == 128 + signal.SIGINT


async def test_an_orderly_end_has_a_bound() -> None:
    """What is not done in time is ended, also without a second signal."""
    ends: asyncio.Queue[int] = asyncio.Queue()
    with Shutdown(1, ends.put_nowait) as shutdown:
        shutdown.request("test")

        assert await ends.get() == 1


async def test_leaving_in_time_ends_nothing() -> None:
    """After the block neither the bound nor a handler is left."""
    ends: list[int] = []
    with Shutdown(1, ends.append) as shutdown:
        shutdown.request("test")
    await asyncio.sleep(0.01)

    assert ends == []
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
