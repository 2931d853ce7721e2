"""The binary door of a whole exchange: durable answers, fills told, nothing entered twice."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.support.exchange import exchange

from outcry.app.load.run import Run, Shape
from outcry_sdk import Client, Credentials, NewMarket
from outcry_sdk.feeds.connecting import Backoff
from outcry_sdk.tcp import (
    Accepted,
    CommandRefused,
    Fill,
    Instrument,
    LoggedOn,
    OrderCancelled,
    OrderPlaced,
    OrderRefused,
    PublicTrade,
    TcpClient,
    TcpEvent,
    TcpLogon,
    TopChanged,
)
from outcry_wire.records import Side, TimeInForce
from outcry_wire.tcp import Feed


class Trader:
    """A session of the gateway, and everything it was told."""

    def __init__(self, address: Any, api_key: str, account: int) -> None:
        backoff = Backoff(attempts_max=200, pause_seconds_max=0.2)
        logon = TcpLogon.of_api_key(api_key, account)
        self.client = TcpClient(address.host, address.port, logon, backoff=backoff)
        self.core = self.client.core
        self.events: list[TcpEvent] = []

    def wait(self, enough: Callable[[], bool]) -> None:
        """Listen until *enough* says so."""
        for _ in range(600):
            self.events += self.client.receive(0.1)
            if enough():
                return
        raise AssertionError(self.events[-20:])

    def of(self, kind: type[Any]) -> list[Any]:
        """Return what was told of one kind."""
        return [event for event in self.events if isinstance(event, kind)]

    def answered(self) -> None:
        """Listen until every command has its answer."""
        self.wait(lambda: self.core.unanswered == 0)

    def lose(self) -> None:
        """Let the connection break with whatever is under way."""
        assert self.client._socket is not None
        self.client._socket.close()


def test_a_day_at_the_gateway(tmp_path: Path) -> None:
    """Two sessions trade over TCP, lose their connections and their door, and miss nothing."""
    with exchange(tmp_path) as running:
        running.start()
        where = running.record().addresses
        url = f"http://{where['http']}"
        with (
            Client(url, Credentials(token=running.token("root", admin=True))) as root,
            Client(url, Credentials(token=running.token("ann"))) as ann,
            Client(url, Credentials(token=running.token("bob"))) as bob,
        ):
            traders = []
            for one in (ann, bob):
                me = one.user_data()
                root.deposit(me.id, 1_000, tx_hash=f"to {me.id}")
                made = root.create_key(me.id, ["read", "trade"])
                traders.append(Trader(where["gateway"], made.api_key, 0))
            market = NewMarket(market_identifier="m", question="Will it?", tick_size="0.01")
            listed = root.create_event("rain", "Rain", [market])
            number = root.event_detail(listed.event_id).markets[0].market_id
        first, second = traders
        trade(first, second, number)
        resend(first, second, number)
        load(where["http"], traders)
        before = running.processes()["edge"]
        running.kill("edge")
        for _ in range(5):
            traders[0].core.place(number, Side.BUY, 3000, 1)
        running.wait_replaced("edge", before)
        traders[0].answered()
        follows_again(traders[1])
        assert len({event.exchange_id for event in traders[0].of(Accepted)[-5:]}) == 5
        for trader in traders:
            trader.core.cancel_all()
            trader.answered()
            trader.client.close()
        assert running.stop() == 0
        assert "clean" in running.verify().lower()


def follows_again(trader: Trader) -> None:
    """A subscription goes on over the next connection, without being asked for once more."""
    logons = len(trader.of(LoggedOn))

    def told() -> bool:
        newest_first = [type(event) for event in reversed(trader.events)]
        since = newest_first[: newest_first.index(LoggedOn)]
        return newest_first.count(LoggedOn) > logons and TopChanged in since

    trader.wait(told)


def load(address: Any, traders: list[Trader]) -> None:
    """The load generator by HTTP: every request is answered, and hardly one is declined."""
    keys = tuple(trader.core.logon.secret.decode() for trader in traders)
    shape = Shape(connections=2, window=1, batch=1, seconds=1.0, api_keys=keys)
    result = Run(address.host, address.port, shape, http=True).go()
    assert result.latencies.count == result.sent > 10
    assert result.totals["rejects"] < result.sent / 10


def trade(ann: Trader, bob: Trader, number: int) -> None:
    """A mint, a cancel, a replacement, and refusals."""
    first = ann.core.place(number, Side.BUY, 6000, 10)
    ann.answered()
    ann.wait(lambda: bool(ann.of(OrderPlaced)))
    assert ann.of(OrderPlaced)[0].order_id == first
    assert isinstance(ann.events[0], LoggedOn)
    # Bob buys NO for 0.40: in prices of YES he asks at 6000.
    bob.core.subscribe(number, Feed.TOP | Feed.TRADES)
    bob.wait(lambda: bool(bob.of(TopChanged)))
    bob.core.place(number, Side.BUY, 6000, 4, outcome=1, tif=TimeInForce.IOC)
    bob.wait(lambda: bool(bob.of(Fill)) and bool(bob.of(PublicTrade)))
    ann.wait(lambda: bool(ann.of(Fill)))
    (mine,), (his,) = ann.of(Fill), bob.of(Fill)
    assert (mine.order_id, mine.price, mine.qty, mine.remaining, mine.role) == (
        first,
        6000,
        4,
        6,
        1,
    )
    assert (his.price, his.qty, his.remaining, his.role, his.match) == (6000, 4, 0, 0, 1)
    ann.core.replace(first, 5500, 8)
    ann.wait(lambda: ann.of(OrderPlaced)[-1].price == 5500)
    assert ann.of(OrderPlaced)[-1].remaining == 4
    ann.core.cancel(first)
    ann.wait(lambda: bool(ann.of(OrderCancelled)))
    ann.core.cancel(first)
    ann.core.reduce(first, 1)
    ann.core.place(number, Side.BUY, 6001, 1)
    ann.core.place(number, Side.BUY, 6000, 10**9)
    ann.core.place(number + 1, Side.BUY, 6000, 1)
    ann.answered()
    assert [event.reject for event in ann.of(CommandRefused)] == [306, 306]
    assert [event.reject for event in ann.of(OrderRefused)] == [405, 501, 304]
    ann.core.instruments()
    ann.wait(lambda: bool(ann.of(Instrument)))
    assert [event.instrument for event in ann.of(Instrument)] == [number]


def resend(ann: Trader, bob: Trader, number: int) -> None:
    """Connections break before and after commands are taken; each order is there once."""
    placed = []
    ann.events.clear()
    for turn in range(6):
        placed += [ann.core.place(number, Side.BUY, 5000, 1) for _ in range(10)]
        if turn % 2:
            ann.client.flush()
            ann.lose()
        ann.events += ann.client.receive(0.05)
    ann.answered()
    ann.lose()
    bob.core.place(number, Side.BUY, 5000, len(placed), outcome=1)
    bob.answered()
    ann.wait(lambda: len(ann.of(Fill)) >= len(placed))
    assert sorted(event.order_id for event in ann.of(Fill)) == placed
    exchange_ids = {event.exchange_id for event in ann.of(Accepted) if event.command == 1}
    assert len(exchange_ids) == len(placed)
    numbers = [event.number for event in ann.of(Fill)]
    assert numbers == sorted(numbers)
