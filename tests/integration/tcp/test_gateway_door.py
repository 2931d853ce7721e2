"""The gateway of an exchange in this process: who may come in, and whatever they may send."""

import asyncio
from random import Random

import pytest
from tests.model.tcp.spoilt import Spoiler
from tests.support.http_asking import limit
from tests.support.tcp_door import heard, venue
from tests.support.tcp_records import cancel, framed, place, read, replace

from outcry.app.load.run import Run, Shape
from outcry_sdk.tcp import (
    Accepted,
    Fill,
    LoggedOn,
    OrderCancelled,
    OrderPlaced,
    TcpLogon,
)
from outcry_wire import tcp
from outcry_wire.records import Side
from outcry_wire.rejects import Reject
from outcry_wire.tcp import Message


async def test_keys_open_the_account_of_their_user() -> None:
    """Wrong secrets, missing scopes, other accounts, other versions: each is told its reason."""
    async with venue() as place_:
        good = await place_.key("ann")
        reading = await place_.key("bob", "read")
        for api_key, more, reason in (
            (good[:-1] + ("a" if good[-1] != "a" else "b"), {}, 204),
            ("ok_999_0_" + "a" * 32, {}, 204),
            (reading, {}, 205),
            (good, {"account": 77}, 206),
        ):
            raw = await place_.raw()
            answer = await raw.log_on(api_key, **more)
            assert (answer[0], tcp.LOGON_REFUSED.unpack(answer)[7]) == (162, reason)
            raw.writer.close()
        raw = await place_.raw()
        assert (await raw.log_on(good))[0] == Message.LOGON_ACCEPTED
        raw.writer.close()


@pytest.mark.parametrize(
    ("data", "name", "reason"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", "LOGON_REFUSED", 115),
        (framed(place(1, 1)), "LOGON_REFUSED", 115),
        (b"\0\0\0\x20" + bytes(32), "LOGON_REFUSED", 115),
    ],
)
async def test_nothing_may_come_before_the_logon(data: bytes, name: str, reason: int) -> None:
    """Whatever it is, the connection ends with the reason."""
    async with venue() as place_:
        raw = await place_.raw()
        raw.writer.write(data)
        ((found, fields),) = await raw.rest()
        assert (found, fields[0]) == (name, reason)


async def test_commands_that_may_not_be_are_answered_in_their_order() -> None:
    """Gaps, unknown types, unknown orders and subscriptions: refused, and never carried out."""
    async with venue() as place_:
        api_key = await place_.key("ann")
        raw = await place_.raw()
        await raw.log_on(api_key)
        head = bytes([6]) + cancel(2, 9)[1:8] + (2).to_bytes(8, "little") + bytes(24)
        reduce_ = bytes([4, 0, 48, 0]) + bytes(4) + (3).to_bytes(8, "little") + bytes(32)
        subscribe = tcp.SUBSCRIBE.pack(Message.SUBSCRIBE, 0, tcp.SUBSCRIBE.size, 1, 0, 0, 0, 1)
        raw.writer.write(framed(cancel(1, 9), head, reduce_, place(9, 1), place(4, 0)))
        raw.writer.write(tcp.frame(subscribe))
        told = [item for record in await raw.records(6) for item in read(tcp.frame(record))]
        refused = {name for name, _ in told}
        assert refused == {"COMMAND_REJECTED", "ORDER_REJECTED", "MESSAGE_REFUSED"}
        rejects = [fields[1] for name, fields in told if name != "MESSAGE_REFUSED"]
        assert rejects == [306, 812, 306, 709, 415]
        counted = {306: 2, 812: 1, 709: 1, 415: 1, Reject.INSTRUMENT_UNKNOWN: 1}
        assert place_.gateway.refusals == counted
        raw.writer.write(b"\xff\xff\xff\xff")
        assert (await raw.rest())[-1][1][0] == 113


async def test_the_orders_of_others_do_not_exist() -> None:
    """Cancelling and moving an order of somebody else is told the same as one that never was."""
    async with venue() as place_:
        ann, bob = await place_.key("ann"), await place_.key("bob")
        event = await place_.door.event()
        body = limit(event, 0, "buy", "0.5", "10")
        order = await place_.door.post("/api/place_order", body, {"x-api-key": ann})
        raw = await place_.raw()
        await raw.log_on(bob)
        told = []
        for seq, order_id in ((1, -order["order_id"]), (3, -(10**9))):
            raw.writer.write(framed(cancel(seq, order_id), replace(seq + 1, order_id, 4_000, 5)))
            answers = [item for one in await raw.records(2) for item in read(tcp.frame(one))]
            told.append([(name, fields[1:]) for name, fields in answers])
        assert (
            told[0] == told[1] == [("COMMAND_REJECTED", (306, 2)), ("COMMAND_REJECTED", (306, 5))]
        )
        raw.writer.close()
        gone = await place_.door.post(
            "/api/cancel_order", {"order_id": order["order_id"]}, {"x-api-key": ann}
        )
        assert gone["order_ids"] == [order["order_id"]]


async def test_any_split_is_the_same_and_noise_hurts_nobody() -> None:
    """A logon and an order byte by byte, beside connections that send whatever they like."""
    async with venue() as place_:
        detail = await place_.door.event(tick_size="0.01")
        number = detail["markets"][0]["market_id"]
        api_key, other = await place_.key("ann"), await place_.key("bob")
        random = Random(5)
        raw = await place_.raw()
        logon = TcpLogon.of_api_key(api_key)
        data = tcp.frame(logon.record(raw.nonce, 0))
        for at in range(len(data)):
            raw.writer.write(data[at : at + 1])
            await raw.writer.drain()
        assert (await raw.records(1))[0][0] == Message.LOGON_ACCEPTED
        for turn in range(12):
            noisy = await place_.raw()
            if turn % 3:
                await noisy.log_on(other, session=turn)
            for piece in Spoiler(turn).frames(8):
                noisy.writer.write(piece)
            await asyncio.sleep(0)
            noisy.writer.close()
        order = framed(place(1, random.randint(1, 10**15), instrument=number, price=3000))
        for at in range(0, len(order), 7):
            raw.writer.write(order[at : at + 7])
            await raw.writer.drain()
        told = await raw.records(2)
        assert [record[0] for record in told] == [Message.ACCEPTED, 64]
        raw.writer.close()


async def test_orders_go_with_the_connection_when_asked_to() -> None:
    """Only those of that session; a second session of the account hears of it."""
    async with venue() as place_:
        detail = await place_.door.event(tick_size="0.01")
        number = detail["markets"][0]["market_id"]
        api_key = await place_.key("ann")
        async with place_.client(api_key, session=2) as calm:
            async with place_.client(api_key, session=1, cancel_on_disconnect=True) as careful:
                order = careful.core.place(number, Side.BUY, 3000, 1)
                await careful.flush()
                await heard(careful, OrderPlaced)
            cancelled, _ = await heard(calm, OrderCancelled)
            assert cancelled.order_id == order


async def test_what_happened_meanwhile_is_told_once() -> None:
    """A client whose connection was cut gets the fills of the time between, in order."""
    async with venue() as place_:
        detail = await place_.door.event(tick_size="0.01")
        number = detail["markets"][0]["market_id"]
        ann_key, bob_key = await place_.key("ann"), await place_.key("bob")
        async with place_.client(ann_key) as ann, place_.client(bob_key) as bob:
            await heard(ann, LoggedOn)
            orders = [ann.core.place(number, Side.BUY, 6000, 1) for _ in range(5)]
            await ann.flush()
            for _ in orders:
                await heard(ann, OrderPlaced)
            for session in [*place_.gateway._sessions]:
                session.cut()
            bob.core.place(number, Side.BUY, 4000, 5, outcome=1)
            await bob.flush()
            fills = [(await heard(ann, Fill))[0] for _ in orders]
            assert [fill.order_id for fill in fills] == orders
            accepted, _ = await heard(bob, Accepted)
            assert accepted.command == 1


async def test_the_load_generator_loads_an_exchange() -> None:
    """With API keys it speaks to the gateway; orders meet though nobody owns tokens."""
    async with venue() as place_:
        await place_.door.event(tick_size="0.01")
        keys = (await place_.key("ann"), await place_.key("bob"))
        shape = Shape(connections=2, window=20, batch=10, seconds=0.5, api_keys=keys)
        run = await asyncio.to_thread(Run, "127.0.0.1", place_.gateway.port, shape)
        result = await asyncio.to_thread(run.go)
        assert result.latencies.count == result.sent > 0
        ledger = place_.door.venue.asset.ledger
        assert result.totals["fills"] > 0
        assert sum(market.volume for market in ledger.markets.values()) > 0
        assert result.totals["rejects"] < result.sent / 2  # only cancels, of what has traded


async def test_commands_above_the_rate_wait_and_are_not_lost() -> None:
    """A burst of more than a second's worth is answered in full, and the logon says the rate."""
    async with venue(rate_max=200) as place_:
        raw = await place_.raw()
        accepted = await raw.log_on(await place_.key("ann"))
        assert tcp.LOGON_ACCEPTED.unpack(accepted)[13] == 200
        for at in range(1, 251, 10):
            raw.writer.write(framed(*[cancel(seq, 9) for seq in range(at, at + 10)]))
        told = await raw.records(250)
        assert {record[0] for record in told} == {66}
        raw.writer.close()


async def test_who_does_not_read_is_cut_off_and_told_why_later() -> None:
    """Its answers are kept up to a bound; the next logon of the session says what happened."""
    async with venue() as place_:
        api_key = await place_.key("ann")
        deaf = await place_.raw()
        await deaf.log_on(api_key)
        (session,) = place_.gateway._sessions
        deaf.reader._transport.pause_reading()  # type: ignore[attr-defined]
        seq = 0
        while session.is_open:
            session.write(framed(*[cancel(1, 1)] * 1_000))
            seq += 1
            await asyncio.sleep(0)
            assert seq < 10_000
        # A copy of the account is none of that, and takes it from nobody.
        copy = await place_.raw()
        assert tcp.LOGON_ACCEPTED.unpack(await copy.log_on(api_key, drop_copy=True))[-1] == 0
        again = await place_.raw()
        answer = tcp.LOGON_ACCEPTED.unpack(await again.log_on(api_key))
        assert answer[-1] == Reject.READER_SLOW
        once_more = await place_.raw()
        moved = tcp.LOGON_ACCEPTED.unpack(await once_more.log_on(api_key))
        assert moved[-1] == 0
        for raw in (deaf, copy, again, once_more):
            raw.writer.close()


async def test_a_heartbeat_names_the_entry_that_was_told_last() -> None:
    """Other people's trading moves it on, though this session hears nothing of that."""
    async with venue() as place_:
        raw = await place_.raw()
        await raw.log_on(await place_.key("ann"), heartbeat_ms=1_000)
        first = tcp.HEARTBEAT.unpack((await raw.records(1))[0])[4]
        await place_.door.user("bob", "5")
        second = tcp.HEARTBEAT.unpack((await raw.records(1))[0])[4]
        assert 0 < first < second
        raw.writer.close()
