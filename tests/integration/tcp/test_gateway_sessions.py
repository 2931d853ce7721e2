"""Sessions at the gateway of an exchange: what is sent again, who may come, and what goes when."""

import asyncio
from collections.abc import Sequence
from typing import Any

from tests.support.tcp_door import Raw, gateway_of, heard, venue
from tests.support.tcp_records import cancel, cancel_all, framed, numbers, place, reduce, replace
from tests.support.waiting import until

from outcry.messages.requests import OrderRequest, OrderResult
from outcry.ports.asset import Asset, AssetUnavailable
from outcry_sdk.tcp import (
    Accepted,
    LoggedOn,
    OrderCancelled,
    OrderPlaced,
    OrderRefused,
    TcpLogon,
)
from outcry_wire import tcp
from outcry_wire.records import RecordType, Side
from outcry_wire.rejects import Reject
from outcry_wire.tcp import Message


async def answered(raw: Raw, count: int) -> list[bytes]:
    """Return the next answers to commands; what the books made of others comes between them."""
    answers: list[bytes] = []
    while len(answers) < count:
        found = await raw.records(1)
        answers += [
            one for one in found if one[0] in (Message.ACCEPTED, RecordType.COMMAND_REJECTED)
        ]
    return answers


async def test_whatever_is_sent_again_is_answered_and_not_done_again() -> None:
    """A late cancel-all, replacement and reduction would hurt; a refusal stays one."""
    async with venue() as place_:
        detail = await place_.door.event(tick_size="0.01")
        number = detail["markets"][0]["market_id"]
        api_key = await place_.key("ann")
        said = [
            place(1, 1, instrument=number, price=3000, qty=10),
            cancel_all(2),
            place(3, 2, instrument=number, price=2000, qty=10),
            replace(4, 2, 2500, 10),
            cancel(5, 77),
            reduce(6, 2, 4),
        ]
        ledger = place_.door.venue.asset.ledger
        first, second = await place_.raw(), await place_.raw()
        await first.log_on(api_key)
        answers = {}
        for record in said:
            first.writer.write(framed(record))
            answers[record] = (await answered(first, 1))[0][0]
        assert list(answers.values()).count(Message.ACCEPTED) == 5
        numbered = ledger.shard(0).numbered
        logon = tcp.LOGON_ACCEPTED.unpack(await second.log_on(api_key))
        assert (logon[1], logon[9]) == (tcp.SEND_ALL_AGAIN, 6)
        second.writer.write(framed(*said))
        for record, found in zip(said, await answered(second, 6), strict=True):
            assert found[0] == answers[record]
            if found[0] == Message.ACCEPTED:
                assert tcp.ACCEPTED.unpack(found)[-1] == 1
            else:
                assert int.from_bytes(found[40:44], "little") == 713
        assert ledger.shard(0).numbered == numbered
        (order,) = ledger.orders.values()
        assert (order.price, order.remaining) == (2500, 6)
        first.writer.close()
        second.writer.close()


class Forgetful:
    """A ledger whose answers are lost now and then, though it did what was asked."""

    def __init__(self, asset: Asset) -> None:
        self._asset = asset
        self.losses = 0
        self.is_away = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._asset, name)

    async def submit(
        self, requests: Sequence[OrderRequest], *, wait_result: bool
    ) -> list[OrderResult]:
        """Ask the ledger, and perhaps keep its answer."""
        if self.is_away:
            raise AssetUnavailable("it is away")
        results = await self._asset.submit(requests, wait_result=wait_result)
        if self.losses:
            self.losses -= 1
            raise AssetUnavailable("the answer is lost")
        return results


async def test_nothing_is_refused_because_an_answer_was_lost() -> None:
    """The ledger is asked again; the order that it has is accepted, once."""
    lossy: list[Forgetful] = []

    def wrap(asset: Asset) -> Asset:
        lossy.append(Forgetful(asset))
        return lossy[0]

    async with venue(wrap=wrap) as place_:
        detail = await place_.door.event(tick_size="0.01")
        number = detail["markets"][0]["market_id"]
        async with place_.client(await place_.key("ann")) as ann:
            lossy[0].losses = 2
            order = ann.core.place(number, Side.BUY, 3000, 1)
            await ann.flush()
            accepted, before = await heard(ann, Accepted)
            assert (accepted.order_id, accepted.repeated) == (order, 1)
            assert not [one for one in before if isinstance(one, OrderRefused)]
            assert len(place_.door.venue.asset.ledger.orders) == 1


async def test_orders_go_though_the_ledger_was_away() -> None:
    """A connection that ends while the ledger is not there takes its orders along all the same."""
    lossy: list[Forgetful] = []

    def wrap(asset: Asset) -> Asset:
        lossy.append(Forgetful(asset))
        return lossy[0]

    async with venue(wrap=wrap) as place_:
        detail = await place_.door.event(tick_size="0.01")
        number = detail["markets"][0]["market_id"]
        api_key = await place_.key("ann")
        ledger = place_.door.venue.asset.ledger
        async with place_.client(api_key, session=1, cancel_on_disconnect=True) as careful:
            careful.core.place(number, Side.BUY, 3000, 1)
            await careful.flush()
            await heard(careful, OrderPlaced)
            lossy[0].is_away = True
        await asyncio.sleep(0.3)
        assert len(ledger.orders) == 1
        lossy[0].is_away = False

        await until(lambda: not ledger.orders)


async def test_orders_go_with_a_gateway_that_died() -> None:
    """The next one to start under its name cancels what its connections left, and nothing else."""
    async with venue() as place_:
        detail = await place_.door.event(tick_size="0.01")
        number = detail["markets"][0]["market_id"]
        api_key = await place_.key("ann")
        async with (
            place_.client(api_key, session=2) as calm,
            place_.client(api_key, session=1, cancel_on_disconnect=True) as careful,
        ):
            await heard(calm, LoggedOn)
            stays = calm.core.place(number, Side.BUY, 2000, 1)
            await calm.flush()
            await heard(calm, OrderPlaced)
            goes = careful.core.place(number, Side.BUY, 3000, 1)
            await careful.flush()
            await heard(careful, Accepted)
            following = gateway_of(place_.door)
            await following.start()
            cancelled, _ = await heard(calm, OrderCancelled)
            assert cancelled.order_id == goes
            await following.stop()
            (left,) = place_.door.venue.asset.ledger.orders.values()
            assert left.client_order_id == str(stays)


async def test_a_further_account_has_sessions_of_its_own() -> None:
    """A key logs on to any account of its user, whose orders and news are that account's."""
    async with venue() as place_:
        detail = await place_.door.event(tick_size="0.01")
        number = detail["markets"][0]["market_id"]
        api_key, other = await place_.key("ann"), await place_.key("bob")
        door = place_.door
        made = await door.post("/api/accounts", {"label": "desk"}, {"x-api-key": api_key})
        further = int(made["account"])
        ledger = door.venue.asset.ledger
        first = ledger.users[ledger.owners[further]].account
        moved = {"from_account": first, "to_account": further, "amount": "10"}
        headers = {"x-api-key": api_key, "Idempotency-Key": "one"}
        await door.post("/api/transfer", moved, headers)
        await door.settled()
        strange = await place_.raw()
        refused = await strange.log_on(other, account=further)
        assert tcp.LOGON_REFUSED.unpack(refused)[7] == 206
        strange.writer.close()
        raw = await place_.raw()
        assert (await raw.log_on(api_key, account=further))[0] == Message.LOGON_ACCEPTED
        raw.writer.write(framed(place(1, 1, instrument=number, price=3000)))
        told = await raw.records(2)
        assert [record[0] for record in told] == [Message.ACCEPTED, RecordType.ORDER_PLACED]
        (order,) = door.venue.asset.ledger.orders.values()
        assert order.account == further
        raw.writer.close()


async def test_a_session_ends_when_its_key_is_revoked() -> None:
    """Idle or not: within some seconds it hears nothing more."""
    async with venue() as place_:
        api_key = await place_.key("ann")
        raw = await place_.raw()
        await raw.log_on(api_key)
        path = f"/api/admin/keys/{api_key.split('_')[1]}/revoke"
        await place_.door.post(path, {}, place_.door.as_admin())
        assert (await raw.rest())[-1][1][0] == 204


async def test_what_was_told_is_told_again_on_request() -> None:
    """From a number on, then DONE; a number that is none is refused, and so is a second at once."""
    async with venue() as place_:
        detail = await place_.door.event(tick_size="0.01")
        number = detail["markets"][0]["market_id"]
        raw = await place_.raw()
        await raw.log_on(await place_.key("ann"))
        raw.writer.write(framed(place(1, 1, instrument=number), place(2, 2, instrument=number)))
        told = [record for record in await raw.records(4) if record[0] == RecordType.ORDER_PLACED]
        first = numbers(told)[0]
        raw.writer.write(tcp.frame(resend(first)))
        again = await raw.records(3)
        assert again[:2] == told
        assert tcp.DONE.unpack(again[2])[7:] == (Message.RESEND, 2)
        raw.writer.write(tcp.frame(resend(0)))
        refused = tcp.MESSAGE_REFUSED.unpack((await raw.records(1))[0])
        assert refused[7:] == (Reject.RESEND_GONE, Message.RESEND)
        raw.writer.write(tcp.frame(resend(first)) * 3)
        kinds = [record[0] for record in await raw.records(5)]
        assert sorted(kinds) == sorted([64, 64, Message.DONE, *[Message.MESSAGE_REFUSED] * 2])
        raw.writer.write(framed(place(3, 3, instrument=number)))
        assert [record[0] for record in await raw.records(2)] == [Message.ACCEPTED, 64]
        raw.writer.close()


def resend(number: int) -> bytes:
    """Return a RESEND."""
    return tcp.RESEND.pack(Message.RESEND, 0, tcp.RESEND.size, 0, 0, 0, 0, number)


async def test_commands_may_follow_a_logon_at_once() -> None:
    """In the same bytes, before the answer: they wait until the logon is judged."""
    async with venue() as place_:
        detail = await place_.door.event(tick_size="0.01")
        number = detail["markets"][0]["market_id"]
        raw = await place_.raw()
        logon = TcpLogon.of_api_key(await place_.key("ann"))
        orders = [place(seq, seq, instrument=number) for seq in range(1, 4)]
        data = tcp.frame(logon.record(raw.nonce, 0)) + b"".join(framed(one) for one in orders)
        raw.writer.write(data[:-7])
        await asyncio.sleep(0.05)
        raw.writer.write(data[-7:])
        told = [record[0] for record in await raw.records(7)]
        assert told[0] == Message.LOGON_ACCEPTED
        assert told.count(Message.ACCEPTED) == 3
        raw.writer.close()


async def test_what_comes_before_a_logout_is_answered_before_the_goodbye() -> None:
    """A client that sends orders and logs out at once has entered them."""
    async with venue() as place_:
        detail = await place_.door.event(tick_size="0.01")
        number = detail["markets"][0]["market_id"]
        raw = await place_.raw()
        await raw.log_on(await place_.key("ann"))
        orders = [place(seq, seq, instrument=number) for seq in range(1, 1_201)]
        logout = tcp.LOGOUT.pack(Message.LOGOUT, 0, tcp.LOGOUT.size, 0, 0, 0, 0)
        raw.writer.write(framed(*orders[:600]) + framed(*orders[600:]) + tcp.frame(logout))
        told = [name for name, _ in await raw.rest()]
        assert told.count("ACCEPTED") == 1_200
        assert told[-1] == "GOODBYE"
