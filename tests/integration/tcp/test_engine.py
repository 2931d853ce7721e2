"""The stand-alone engine over real sockets: trading, feeds, drop copy, resend."""

from pathlib import Path

import httpx
import pytest
from tests.support.ports import free_port
from tests.support.tcp_engine import Client, Hosted, hosted, process, until
from tests.support.tcp_records import cancel, cancel_all, framed, numbers, place

from outcry.services.gateway.logons import Key
from outcry_wire.rejects import Reject
from outcry_wire.tcp import Feed, LogonFlag, Message


SECRET = bytes(range(32))


@pytest.fixture(scope="module")
def engine() -> object:
    """One engine for all tests that need nothing special; each uses accounts of its own."""
    with hosted() as running:
        yield running


def test_orders_meet_and_both_sides_are_told(engine: Hosted) -> None:
    """A resting order is filled by another client's; each hears its own side with its own id."""
    with engine.client(1) as maker, engine.client(2) as taker:
        maker.say(framed(place(1, 10, price=5000, qty=3)))
        assert maker.told(1) == [("ORDER_PLACED", (10, 5000, 3, 0, 0))]
        taker.say(framed(place(1, 77, side=1, price=4900, qty=2)))
        ((name, fields),) = taker.told(1)
        assert (name, fields[1:]) == ("FILL", (77, 5000, 2, 0, 0, 0, 0, 0, 0, 1))
        ((name, fields),) = maker.told(1)
        assert (name, fields[1:]) == ("FILL", (10, 5000, 2, 1, 0, 0, 0, 1, 0, 0))
        maker.say(framed(cancel_all(2)))
        assert [name for name, _ in maker.told(2)] == ["ORDER_CANCELLED", "COMMAND_DONE"]


def test_any_split_of_the_bytes_is_the_same_to_the_engine(engine: Hosted) -> None:
    """A logon and three orders sent byte by byte are answered as if they came at once."""
    with Client(engine.port) as client:
        orders = [place(seq, seq, price=100 * seq) for seq in (1, 2, 3)]
        data = client.logon(3) + framed(*orders[:2]) + framed(orders[2], cancel_all(4))
        for at in range(len(data)):
            client.say(data[at : at + 1])
        placed, cancelled = ["ORDER_PLACED"] * 3, ["ORDER_CANCELLED"] * 3
        names = [name for name, _ in client.told(8)]
        assert names == ["LOGON_ACCEPTED", *placed, *cancelled, "COMMAND_DONE"]


def test_numbers_go_on_over_connections_and_missed_messages_come_again(engine: Hosted) -> None:
    """After a lost connection a client learns what was taken, and gets what it did not hear."""
    with engine.client(4) as first:
        first.say(framed(place(1, 1), place(2, 2, price=300)))
        first.records(2)
    with engine.client(5) as other:
        other.say(framed(place(1, 1, side=1)))
        assert other.told(1)[0][0] == "FILL"
    with engine.client(4, next_number=2) as again:
        _, _, last_seq, last_id, next_number, first_number, _, _ = again.accepted
        assert (last_seq, last_id, next_number, first_number) == (2, 2, 4, 1)
        missed = again.records(2)
        assert numbers(missed) == [2, 3]
        again.say(framed(place(2, 2)))
        assert again.told(1) == [("ORDER_REJECTED", (2, 709))]
        again.message(Message.RESEND, 3)
        assert numbers(again.records(3)) == [3, 4, 0]
        again.say(framed(cancel_all(3)))
        again.records(2)


def test_orders_go_with_the_connection_when_asked_to(engine: Hosted) -> None:
    """Cancel-on-disconnect takes the session's orders out, and only those."""
    flags = LogonFlag.CANCEL_ON_DISCONNECT
    with engine.client(6) as calm, engine.client(6, 2, flags=flags) as careful:
        calm.say(framed(place(1, 1, price=100)))
        careful.say(framed(place(1, 1, price=200)))
        calm.records(1)
        careful.records(1)
        careful.close()
        until(lambda: engine.ask(lambda: len(engine.engine.room.engine.orders(1))) == 1)
        calm.say(framed(cancel(2, 1)))
        assert calm.told(1)[0][0] == "ORDER_CANCELLED"
    with engine.client(6, 2, next_number=2) as careful:
        assert careful.told(1)[0] == ("ORDER_CANCELLED", (1, 200, 1, 0, 0, 0, 1))


def test_the_newest_logon_has_the_session(engine: Hosted) -> None:
    """An older connection of the session is told so, and closed."""
    with engine.client(7) as older, engine.client(7):
        ((name, (reason, text)),) = older.rest()
        assert (name, reason) == ("GOODBYE", 119)
        assert text.rstrip(b"\0") == b"The session logged on again over another connection."


def test_instruments_are_listed(engine: Hosted) -> None:
    """Every instrument with its name, then the number of them."""
    with engine.client(8) as client:
        client.message(Message.INSTRUMENTS)
        first, second, done = client.told(3)
        assert first[1][:5] == (0, 0, 100, 100, 9900)
        assert first[1][-1].rstrip(b"\0") == b"RAIN"
        assert second[1][:5] == (1, 0, 1, 0, 0)
        assert done == ("DONE", (Message.INSTRUMENTS, 2))


def test_the_public_feed_shows_levels_best_prices_and_fills(engine: Hosted) -> None:
    """A subscriber gets a snapshot, then changes that lead to the book as it is."""
    with engine.client(9) as watcher, engine.client(10) as maker, engine.client(11) as taker:
        watcher.message(Message.SUBSCRIBE, Feed.TOP | Feed.LEVELS | Feed.TRADES, instrument=2)
        top, level, done = watcher.told(3)
        assert top == ("TOP", (1, 0, 0, 0, 0))
        assert level == ("LEVEL", (1, 0, 0, 0, 0, 1))
        assert done[0] == "DONE"
        maker.say(framed(place(1, 1, instrument=2, price=-70, qty=5)))
        assert watcher.told(2) == [("TOP", (2, -70, 5, 0, 0)), ("LEVEL", (2, -70, 5, 1, 0, 0))]
        taker.say(framed(place(1, 1, instrument=2, side=1, price=-90, qty=5)))
        trade, top, level = watcher.told(3)
        assert (trade[0], trade[1][1:]) == ("TRADE", (-70, 5, 0, 0, 1))
        assert (top, level) == (("TOP", (3, 0, 0, 0, 0)), ("LEVEL", (3, -70, 0, 0, 0, 0)))
        watcher.message(Message.UNSUBSCRIBE, Feed.TOP | Feed.LEVELS | Feed.TRADES, instrument=2)
        assert watcher.told(1)[0][0] == "DONE"
        watcher.message(Message.UNSUBSCRIBE, 1, instrument=2)
        watcher.message(Message.SUBSCRIBE, 1, instrument=99)
        watcher.message(Message.SUBSCRIBE, 64, instrument=2)
        assert [fields for _, fields in watcher.told(3)] == [(111, 134), (307, 133), (104, 133)]


def test_a_drop_copy_hears_what_other_sessions_are_told() -> None:
    """It gets answers and fills with the session they were for, and cannot trade."""
    key = Key("desk", SECRET, 20, 20, may_copy=True)
    with hosted({"desk": key}) as engine:
        signed = {"name": "desk", "secret": SECRET}
        with (
            engine.client(20, 9, flags=LogonFlag.DROP_COPY, **signed) as copy,
            engine.client(20, 3, **signed) as trader,
        ):
            trader.say(framed(place(1, 5)))
            trader.records(1)
            assert copy.told(2) == [("COPY", (3,)), ("ORDER_PLACED", (5, 5000, 1, 0, 0))]
            copy.say(framed(place(1, 1)))
            assert copy.told(1) == [("MESSAGE_REFUSED", (205, 1))]


def test_keys_open_their_own_account_only() -> None:
    """A wrong secret, a replayed proof, another account or right are refused with the reason."""
    key = Key("ann", SECRET, 30, 30)
    with hosted({"ann": key}) as engine:
        with engine.client(30, name="ann", secret=SECRET) as good:
            old = good.logon(30, name="ann", secret=SECRET)
        for account, more, reason in (
            (30, {"name": "ann", "secret": bytes(32)}, 204),
            (30, {"name": "bob", "secret": SECRET}, 204),
            (30, {"name": "ann"}, 204),
            (31, {"name": "ann", "secret": SECRET}, 206),
            (30, {"name": "ann", "secret": SECRET, "flags": LogonFlag.DROP_COPY}, 205),
            (30, {"name": "ann", "secret": SECRET, "flags": 64}, 104),
            (30, {"name": "ann", "secret": SECRET, "version": 2}, 114),
        ):
            with Client(engine.port) as client:
                client.say(client.logon(account, **more))
                ((name, fields),) = client.rest()
                assert (name, fields[0]) == ("LOGON_REFUSED", reason)
        with Client(engine.port) as thief:
            thief.say(old)
            assert thief.rest()[0][1][0] == 204


def test_logout_is_answered() -> None:
    """The connection ends with a word, and orders stay."""
    with hosted() as engine:
        with engine.client(40) as client:
            client.say(framed(place(1, 1)))
            client.message(Message.LOGOUT)
            (_, goodbye) = client.rest()
            assert (goodbye[0], goodbye[1][0]) == ("GOODBYE", 121)
        assert engine.ask(lambda: engine.engine.room.engine.order_count) == 1
        with engine.client(40) as client:
            assert client.accepted[-1] == 0


def test_an_engine_shows_its_figures_to_prometheus(tmp_path: Path) -> None:
    """Commands, resting orders and connections that ended, by reason, are what happened."""
    port = free_port("127.0.0.1")
    with process(tmp_path, "--keys", "none", "--metrics-port", str(port)) as engine:

        def figures() -> dict[str, float]:
            text = httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False).text
            lines = [line for line in text.splitlines() if line.startswith("outcry_engine_")]
            pairs = [line.rpartition(" ") for line in lines]
            return {name: float(value) for name, _, value in pairs}

        before = figures()
        assert (before["outcry_engine_ready"], before["outcry_engine_instruments"]) == (1, 2)
        with Client(engine.port, 7) as client:
            client.say(framed(place(1, 1), place(2, 2), cancel(3, 2)))
            client.records(3)
            now = figures()
            assert now["outcry_engine_connections"] == 1
            assert now["outcry_engine_resting_orders"] == 1
            taken = now["outcry_engine_commands_total"] - before["outcry_engine_commands_total"]
            assert taken == 3
            client.say(framed(cancel(4, 2), cancel(5, 2), place(7, 7)))
            client.records(3)
            refused = {name: count for name, count in figures().items() if "_rejects_" in name}
            unknown = 'outcry_engine_rejects_total{name="ORDER_UNKNOWN",reject="%d"}'
            gap = 'outcry_engine_rejects_total{name="OUT_OF_SEQUENCE",reject="%d"}'
            assert refused == {unknown % Reject.ORDER_UNKNOWN: 2, gap % Reject.OUT_OF_SEQUENCE: 1}
            client.say(b"\xff" * 8)
            client.rest()
        until(lambda: figures()["outcry_engine_connections"] == 0)
        assert figures()['outcry_engine_ended_total{reason="FRAME_INVALID"}'] == 1
        ready = httpx.get(f"http://127.0.0.1:{port}/readyz", trust_env=False)
        assert ready.text == "ready\n"
