"""The Python clients of the engine, over real connections that are cut on purpose."""

import asyncio
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.tcp_engine import Hosted, hosted, until

from outcry.services.gateway.logons import Key
from outcry_sdk.errors import IdentityError, SdkError, UnreachableError
from outcry_sdk.feeds.connecting import Backoff
from outcry_sdk.tcp import (
    AsyncTcpClient,
    CancelledAll,
    CopiedFrom,
    Done,
    Fill,
    Instrument,
    LevelChanged,
    LoggedOn,
    MessagesLost,
    OrderCancelled,
    OrderPlaced,
    OrderReduced,
    OrderRefused,
    OrderReplaced,
    TcpClient,
    TcpEvent,
    TcpLogon,
)
from outcry_sdk.tcp.core import UNANSWERED_MAX, Ended, TcpCore
from outcry_wire.records import Side
from outcry_wire.tcp import Feed


PAGE = Path(__file__).parents[3] / "docs/reference/tcp.md"
SECRET = b"s" * 16


@pytest.fixture
def engine() -> Iterator[Hosted]:
    """One engine."""
    with hosted(logon_ms_max=60_000) as running:
        yield running


def client(engine: Hosted, account: int, **more: Any) -> TcpClient:
    """Return a client that has logged on."""
    logon = TcpLogon(account=account, **more)
    made = TcpClient("127.0.0.1", engine.port, logon, backoff=Backoff(first_pause_seconds=0.01))
    (event,) = made.receive()
    assert isinstance(event, LoggedOn)
    return made


def lose(connected: TcpClient) -> None:
    """Let the connection break, with whatever came over it unread."""
    assert connected._socket is not None
    connected._socket.close()


def cut(engine: Hosted, account: int) -> None:
    """Let the engine break the connections of an account."""

    def now() -> None:
        for connection in [*engine.engine.connections]:
            if connection.account == account:
                connection.cut()

    engine.ask(now)


def taken(engine: Hosted, count: int) -> None:
    """Wait until the engine has taken that many commands of its first session."""
    until(lambda: engine.ask(lambda: engine.engine.room.desk.session(1)[2]) == count)


def heard(connected: TcpClient, count: int) -> list[TcpEvent]:
    """Wait for a number of events."""
    events: list[TcpEvent] = []
    while len(events) < count:
        more = connected.receive(5)
        assert more
        events += more
    assert len(events) == count
    return events


def test_every_command_and_what_comes_of_it(engine: Hosted) -> None:
    """Each method of the core does what it says, and its events carry the fields."""
    with client(engine, 1) as ann, client(engine, 2) as bob:
        first = ann.core.place(1, Side.BUY, 5000, 10)
        ann.core.reduce(first, 2)
        ann.core.replace(first, 5100, 6)
        second = ann.core.place(2, Side.SELL, -7, 3)
        ann.core.cancel(second)
        bad = ann.core.place(1, Side.BUY, 5001, 1)
        kinds = [type(event) for event in heard(ann, 7)]
        assert kinds == [
            *(OrderPlaced, OrderReduced, OrderReplaced, OrderPlaced, OrderPlaced),
            *(OrderCancelled, OrderRefused),
        ]
        bob.core.place(1, Side.SELL, 5000, 4)
        (fill,) = heard(bob, 1)
        assert isinstance(fill, Fill)
        assert (fill.price, fill.qty, fill.remaining, fill.role) == (5100, 4, 0, 0)
        (fill,) = heard(ann, 1)
        assert isinstance(fill, Fill)
        assert (fill.order_id, fill.remaining, fill.role) == (first, 2, 1)
        ann.core.cancel_all()
        *_, done = heard(ann, 2)
        assert isinstance(done, CancelledAll)
        assert (done.count, bad, ann.core.unanswered) == (1, 3, 0)


def test_instruments_and_the_public_feed(engine: Hosted) -> None:
    """They come as events; names are text."""
    with client(engine, 1) as ann:
        ann.core.instruments()
        rain, oil, done = heard(ann, 3)
        assert isinstance(rain, Instrument)
        assert isinstance(oil, Instrument)
        assert isinstance(done, Done)
        assert (rain.name, rain.kind, oil.name, oil.kind) == ("RAIN", 0, "OIL-DEC", 1)
        ann.core.subscribe(1, Feed.LEVELS)
        heard(ann, 2)
        lose(ann)
        level = next(e for e in heard(ann, 3) if isinstance(e, LevelChanged))
        assert level.is_snapshot == 1


def test_nothing_is_entered_twice_and_nothing_is_missed(engine: Hosted) -> None:
    """Connections are cut before and after the engine took commands: every order is there once."""
    with client(engine, 1) as ann, client(engine, 2) as bob:
        placed: list[int] = []
        events: list[TcpEvent] = []
        for turn in range(12):
            placed += [ann.core.place(1, Side.BUY, 5000, 1) for _ in range(20)]
            if turn % 3 == 0:
                ann.flush()
                taken(engine, len(placed))
                lose(ann)
            elif turn % 3 == 1:
                cut(engine, 1)
            events += ann.receive(1)
        while ann.core.unanswered:
            events += ann.receive(1)
        bob.core.place(1, Side.SELL, 5000, len(placed))
        heard(bob, len(placed))
        while sum(isinstance(event, Fill) for event in events) < len(placed):
            events += ann.receive(5)
    assert [e.order_id for e in events if isinstance(e, OrderPlaced)] == placed
    assert [e.order_id for e in events if isinstance(e, Fill)] == placed
    numbers = [e.number for e in events if isinstance(e, OrderPlaced | Fill)]
    assert numbers == list(range(1, len(numbers) + 1))


def test_a_client_that_was_away_too_long_is_told() -> None:
    """What the engine no longer keeps is named, and commands go on."""
    with hosted(resend_bytes_max=1_000) as engine, client(engine, 1) as ann:
        for _ in range(40):
            ann.core.place(1, Side.BUY, 5000, 1)
            ann.flush()
        until(lambda: engine.ask(lambda: engine.engine.room.desk.session(1)[2]) == 40)
        lose(ann)
        events = ann.receive(5)
        lost = next(event for event in events if isinstance(event, MessagesLost))
        assert lost.wanted == 1 < lost.first
        ann.core.place(1, Side.BUY, 5000, 1)
        while ann.core.unanswered:
            events += ann.receive(5)


def test_who_may_not_log_on_is_told_why() -> None:
    """A refusal of the logon is an exception of its family; no engine is another one."""
    key = Key("ann", SECRET, 1, 1, may_copy=True)
    with hosted({"ann": key}) as engine:
        with pytest.raises(IdentityError, match="KEY_INVALID"):
            client(engine, 1, key="ann", secret=b"x" * 16)
        with (
            client(engine, 1, key="ann", secret=SECRET) as ann,
            client(engine, 1, session=2, key="ann", secret=SECRET, drop_copy=True) as copy,
        ):
            ann.core.place(1, Side.BUY, 100, 1)
            heard(ann, 1)
            assert [type(event) for event in heard(copy, 2)] == [CopiedFrom, OrderPlaced]
        port = engine.port
    with pytest.raises(UnreachableError):
        TcpClient("127.0.0.1", port, TcpLogon(account=1))


def test_a_session_that_moved_ends(engine: Hosted) -> None:
    """The older client does not fight for it."""
    with client(engine, 1) as older, client(engine, 1), pytest.raises(Ended, match="another"):
        older.receive(5)


def test_commands_before_the_first_logon_are_refused() -> None:
    """Their numbers would not be known."""
    with pytest.raises(SdkError, match="log on first"):
        TcpCore(TcpLogon(account=1)).place(1, Side.BUY, 1, 1)


async def test_the_asyncio_client_goes_on_after_a_loss(engine: Hosted) -> None:
    """It connects again by itself, and events go on without a gap."""
    logon, backoff = TcpLogon(account=1), Backoff(first_pause_seconds=0.01)
    async with AsyncTcpClient("127.0.0.1", engine.port, logon, backoff=backoff) as ann:
        found: list[int] = []
        for turn in range(4):
            for _ in range(10):
                ann.core.place(1, Side.BUY, 5000, 1)
            await ann.flush()
            if turn % 2:
                await asyncio.to_thread(cut, engine, 1)
        while len(found) < 40:
            async with asyncio.timeout(90):
                event = await ann.next()
            if isinstance(event, OrderPlaced):
                found.append(event.order_id)
        assert found == list(range(1, 41))
        assert ann.core.unanswered == 0


def test_the_examples_of_the_page_run(engine: Hosted, capsys: pytest.CaptureFixture[str]) -> None:
    """Each Python block runs as it stands, and prints what happened."""
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert len(blocks) == 2
    names: dict[str, Any] = {"HOST": "127.0.0.1", "PORT": engine.port}
    for block in blocks:
        exec(compile(block, str(PAGE), "exec"), names)  # noqa: S102 - our own page
    asyncio.run(names["buy"]())
    printed = capsys.readouterr().out
    assert "rests True 6100 500" in printed
    assert "bought 200 at 6100" in printed


def test_a_burst_is_sent_while_its_answers_are_read() -> None:
    """More answers than the buffers hold: nobody waits for the other, the connection stays."""
    with hosted() as running, client(running, 1) as connected:
        assert connected._socket is not None
        for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
            connected._socket.setsockopt(socket.SOL_SOCKET, option, 65_536)
        for _ in range(UNANSWERED_MAX):
            connected.core.place(1, Side.BUY, 1_000, 1)
        events: list[TcpEvent] = []
        while connected.core.unanswered:
            events += connected.receive(1)
        assert sum(isinstance(event, OrderPlaced) for event in events) == UNANSWERED_MAX
        assert not any(isinstance(event, LoggedOn) for event in events)


async def test_an_asyncio_burst_does_not_wait_for_events_that_nobody_takes() -> None:
    """Flushing ends when there is no more room for events; they are taken, and all is answered."""
    with hosted() as running:
        logon = TcpLogon(account=1)
        async with AsyncTcpClient("127.0.0.1", running.port, logon) as connected:
            for _ in range(UNANSWERED_MAX):
                connected.core.place(1, Side.BUY, 1_000, 1)
            async with asyncio.timeout(30):
                await connected.flush()
                placed = 0
                while placed < UNANSWERED_MAX:
                    placed += isinstance(await connected.next(), OrderPlaced)
            assert connected.core.unanswered == 0
