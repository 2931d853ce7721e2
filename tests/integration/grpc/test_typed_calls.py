"""The typed calls of the ledger's gRPC door, through real grpc against the real ledger."""

import asyncio
from itertools import groupby
from pathlib import Path

import grpc
import pytest
from tests.support.typed_calls import said_of, typed
from tests.support.venue import Venue

from outcry.domain.ids import token_asset, trade_id
from outcry.domain.market import SettlementMode
from outcry.domain.order import OrderStatus
from outcry.kernel.naive import NaiveEngine
from outcry.messages.entry import Commands, Facts, unpack_entry
from outcry.messages.facts import Fact, concat, unpack_facts
from outcry.messages.record_bodies import cut, span
from outcry.messages.requests import CancelRequest, ResolveOp
from outcry.ports.asset import FalseFacts
from outcry.rpc import asset_pb2 as pb
from outcry.services.asset.config import AssetConfig
from outcry.services.asset.doubting import DoubtingAsset
from outcry_wire.rejects import Reject
from outcry_wire.sentences import SENTENCES


MONEY = 100_000_000


def order(account: int, market: int, side: int, price: str, quantity: str, key: str,
          **terms: object) -> pb.NewOrder:  # fmt: skip
    """Return a limit order on YES."""
    return pb.NewOrder(
        account=account, market_id=market, side=side, type=pb.LIMIT, price=price,  # type: ignore[arg-type]
        quantity=quantity, client_order_id=key, **terms,  # type: ignore[arg-type]
    )  # fmt: skip


async def test_money_calls_happen_once_however_often_and_whenever_they_are_made(
    tmp_path: Path,
) -> None:
    """Deposit, Split, Merge, Withdraw and Redeem: many at once, again, and after a restart."""
    venue = Venue()
    async with venue.running(), typed(venue, tmp_path, "door") as (door,):
        ann = await venue.user("ann")
        market = await venue.market()
        calls = [
            ("Deposit", pb.Movement(account=ann, amount="10.5", token="usdc", tx_hash="0x1")),
            ("Split", pb.Pairs(account=ann, market_id=market, quantity="3.00", tx_hash="0x2")),
            ("Merge", pb.Pairs(account=ann, market_id=market, quantity="1.00", tx_hash="0x3")),
            ("Withdraw", pb.Movement(account=ann, amount="2.25", tx_hash="0x4")),
        ]
        firsts = []
        for name, message in calls:
            replies = await asyncio.gather(*(door(name, message) for _ in range(10)))
            firsts.append(next(reply.done for reply in replies if not reply.done.repeated))
            assert sum(not reply.done.repeated for reply in replies) == 1
            assert {reply.done.n for reply in replies} == {firsts[-1].n}
        await venue.close(market)
        await venue.fund(ResolveOp(0, market, 10_000, 0))
        redeem = pb.Redemption(account=ann, market_id=market, tx_hash="0x5")
        calls.append(("Redeem", redeem))
        firsts.append((await door("Redeem", redeem)).done)
        assert firsts[-1].amount == "2.000000"

    async with venue.running(), typed(venue, tmp_path, "door") as (door,):
        for (name, message), first in zip(calls, firsts, strict=True):
            again = (await door(name, message)).done
            assert (again.n, again.amount, again.repeated) == (first.n, first.amount, True)
        assert venue.balance(ann) == (10_500_000 - 3_000_000 + 1_000_000 - 2_250_000 + 2_000_000, 0)


async def test_an_order_is_created_once_however_often_and_whenever_it_is_sent(
    tmp_path: Path,
) -> None:
    """CreateOrder gives the first answer again, at once and after a restart."""
    venue = Venue()
    async with venue.running(), typed(venue, tmp_path, "door") as (door,):
        ann = await venue.user("ann", MONEY)
        bob = await venue.user("bob", MONEY)
        market = await venue.market()
        bid = order(ann, market, pb.BUY, "0.60", "10.00", "a", wait_result=True)
        replies = await asyncio.gather(*(door("CreateOrder", bid) for _ in range(10)))
        assert len({reply.order.order_id for reply in replies}) == 1
        assert sum(not reply.order.repeated for reply in replies) == 1
        against = pb.NewOrder(
            account=bob, market_id=market, outcome=1, side=pb.BUY, type=pb.MARKET, volume="2",
            client_order_id="b", wait_result=True,
        )  # fmt: skip
        bought = (await door("CreateOrder", against)).order
        assert bought.status == OrderStatus.FILLED
        assert (bought.volume, bought.filled_quantity) == ("2.000000", "5.00")

    async with venue.running(), typed(venue, tmp_path, "door") as (door,):
        again = (await door("CreateOrder", bid)).order
        assert (again.order_id, again.repeated) == (replies[0].order.order_id, True)
        again = (await door("CreateOrder", against)).order
        assert (again.order_id, again.volume, again.repeated) == (bought.order_id, "2.000000", True)
        assert venue.balance(ann) == (MONEY - 3_000_000, 3_000_000)
        assert venue.balance(bob)[0] == MONEY - 2_000_000
        assert len(venue.asset.ledger.orders) == 1


async def test_a_key_used_again_with_other_content_is_a_reject(tmp_path: Path) -> None:
    """Reuse of a tx_hash or client_order_id changes nothing and says so by number and sentence."""
    venue = Venue()
    async with venue.running(), typed(venue, tmp_path, "door") as (door,):
        ann = await venue.user("ann", MONEY)
        market = await venue.market()
        await door("Deposit", pb.Movement(account=ann, amount="1", tx_hash="0x1"))
        await door("CreateOrder", order(ann, market, pb.BUY, "0.60", "1.00", "a"))

        money = await door("Deposit", pb.Movement(account=ann, amount="2", tx_hash="0x1"))
        bid = await door("CreateOrder", order(ann, market, pb.BUY, "0.61", "1.00", "a"))

        assert money.declined.reject == Reject.KEY_REUSED
        assert bid.declined.reject == Reject.CLIENT_ORDER_ID_REUSED
        assert bid.declined.message == SENTENCES[Reject.CLIENT_ORDER_ID_REUSED]
        assert bid.declined.name == "CLIENT_ORDER_ID_REUSED"
        assert venue.balance(ann) == (MONEY + 1_000_000, 600_000)


@pytest.mark.parametrize(
    ("name", "message", "reject"),
    [
        ("Deposit", pb.Movement(account=1000, amount="1", tx_hash=""), Reject.FIELD_INVALID),
        ("Deposit", pb.Movement(account=1000, amount="1e3", tx_hash="k"), Reject.AMOUNT_INVALID),
        ("Deposit", pb.Movement(account=1000, amount="1", token="7", tx_hash="k"),
         Reject.TOKEN_UNKNOWN),
        ("Withdraw", pb.Movement(account=1, amount="1", tx_hash="k"), Reject.ACCOUNT_UNKNOWN),
        ("Split", pb.Pairs(account=1000, market_id=9, quantity="1", tx_hash="k"),
         Reject.MARKET_UNKNOWN),
        ("Split", pb.Pairs(account=1000, market_id=1, quantity="0.001", tx_hash="k"),
         Reject.QUANTITY_INVALID),
        ("Redeem", pb.Redemption(account=1000, market_id=1, tx_hash="k"),
         Reject.MARKET_NOT_RESOLVED),
        ("CreateOrder", order(1000, 1, pb.BUY, "0.60", "1", ""), Reject.CLIENT_ORDER_ID_INVALID),
        ("CreateOrder", order(1000, 1, pb.SIDE_UNSPECIFIED, "0.60", "1", "a"), Reject.SIDE_INVALID),
        ("CreateOrder", order(1000, 1, pb.BUY, "1.60", "1", "a"), Reject.PRICE_OUT_OF_BOUNDS),
        ("CreateOrder", order(1000, 1, pb.BUY, "0.60", "1", "a", volume="3"),
         Reject.FIELD_INVALID),
        ("CreateOrder", order(1000, 1, pb.BUY, "0.60", "1", "a", outcome=2),
         Reject.OUTCOME_INVALID),
        ("CreateOrder", order(1000, 1, pb.BUY, "0.60", "1", "a", self_trade=9),
         Reject.SELF_TRADE_INVALID),
        ("CreateOrder", order(1000, 1, pb.BUY, "0.60", "1", "a", time_in_force=9),
         Reject.TIME_IN_FORCE_INVALID),
        ("CreateOrder", pb.NewOrder(account=1000, market_id=1, side=pb.BUY, quantity="1",
                                    client_order_id="a"), Reject.KIND_INVALID),
    ],
)  # fmt: skip
async def test_what_is_wrong_is_declined_by_number(
    tmp_path: Path, name: str, message: object, reject: Reject
) -> None:
    """A field of the wrong form, or one that names nothing, is a numbered reject."""
    venue = Venue()
    async with venue.running(), typed(venue, tmp_path, "door") as (door,):
        assert await venue.user("ann", MONEY) == 1000
        assert await venue.market() == 1

        assert (await door(name, message)).declined.reject == reject


async def _kernel_says(venue: Venue, kernel: NaiveEngine, after: int) -> list[list[Fact]]:
    """Return the facts of every command numbered above *after*, command by command."""
    facts: list[Fact] = []
    async for row in venue.log.entries(0):
        for item in unpack_entry(row.body).items if row.body else ():
            if isinstance(item, Commands) and span(item.body)[0] > after:
                facts += unpack_facts(kernel.process(item.body))
    return [list(group) for _, group in groupby(facts, lambda fact: fact.seq)]


async def test_trades_cancels_and_rejections_are_the_facts_of_the_kernel(tmp_path: Path) -> None:
    """The three calls settle and release what the kernel's records do, bit for bit, each once."""
    venue, kernel = Venue(config=AssetConfig(tick_interval_ms=100_000)), NaiveEngine()
    callers = typed(venue, tmp_path, "door", "processor")
    async with venue.running(engines=False), callers as (door, processor):
        ann = await venue.user("ann", MONEY)
        bob = await venue.user("bob", MONEY)
        market = await venue.market()
        prepared = await _kernel_says(venue, kernel, 0)
        for facts in prepared:
            await venue.asset.apply(0, facts[0].seq, facts[0].seq, concat(facts))
        for call in (
            order(ann, market, pb.BUY, "0.60", "10.00", "a1"),
            order(ann, market, pb.BUY, "0.50", "5.00", "a2"),
            order(bob, market, pb.BUY, "0.60", "15.00", "b1", outcome=1),
            order(ann, market, pb.BUY, "0.40", "2.00", "a3"),
            order(bob, market, pb.BUY, "0.70", "1.00", "b2", outcome=1, post_only=True),
        ):
            await door("CreateOrder", call)
        await venue.asset.submit([CancelRequest(ann, 0, "a3")], wait_result=False)

        said = await _kernel_says(venue, kernel, prepared[-1][0].seq)
        calls = [said_of(0, facts) for facts in said]
        names = ["Trade", "Trade", "Trade", "Trade", "OrderRejected", "CancelOrder"]
        assert [name for name, _ in calls] == names
        replies = [await processor(name, message) for name, message in calls]
        assert [reply.applied.seq for reply in replies] == [facts[0].seq for facts in said]
        assert replies[2].applied.trade_id == trade_id(0, said[2][0].seq)
        assert len(replies[2].applied.order_ids) == 3

        once = venue.balance(ann), venue.balance(bob)
        for name, message in calls:
            assert (await processor(name, message)).WhichOneof("reply") == "applied"
        assert (venue.balance(ann), venue.balance(bob)) == once
        assert once == ((MONEY - 8_500_000, 0), (MONEY - 6_500_000, 0))
        assert venue.balance(ann, token_asset(market, 0)) == (1_500, 0)
        assert venue.balance(bob, token_asset(market, 1)) == (1_500, 0)
        written = [
            item.body
            async for row in venue.log.entries(0)
            for item in (unpack_entry(row.body).items if row.body else ())
            if isinstance(item, Facts)
        ]
        assert b"".join(written) == concat(fact for facts in prepared + said for fact in facts)


async def test_facts_that_do_not_follow_are_a_reject(tmp_path: Path) -> None:
    """A cancel that skips commands releases nothing and says which seq is next."""
    venue = Venue()
    async with (
        venue.running(engines=False),
        typed(venue, tmp_path, "door", "processor") as (door, processor),
    ):
        ann = await venue.user("ann", MONEY)
        market = await venue.market()
        placed = (await door("CreateOrder", order(ann, market, pb.BUY, "0.60", "1", "a"))).order
        party = pb.Party(
            order_id=placed.order_id, account=ann, side=pb.BUY, remaining_quantity="1.00"
        )
        cancel = pb.Cancel(order=party, price="0.60", reason=1)
        command = pb.Command(seq=placed.update_id, market_id=market)

        reply = await processor("CancelOrder", pb.CancelDone(command=command, cancel=cancel))

        assert reply.declined.reject == Reject.OUT_OF_SEQUENCE
        assert reply.declined.expected == "seq 1 of shard 0"
        assert venue.balance(ann) == (MONEY, 600_000)
        for bad in (
            pb.TradeDone(command=command),
            pb.TradeDone(command=command, steps=[pb.Step()]),
            pb.TradeDone(command=command, steps=[pb.Step(rest=pb.Rest(price="x"))]),
        ):
            declined = (await processor("Trade", bad)).declined
            assert declined.reject == Reject.RECORD_INVALID


async def test_orders_are_reduced_and_replaced(tmp_path: Path) -> None:
    """By id or by the client's name, in a batch too; what is wrong is a reject of its own."""
    venue = Venue()
    async with venue.running(), typed(venue, tmp_path, "door") as (door,):
        ann, bob = await venue.user("ann", MONEY), await venue.user("bob", MONEY)
        market = await venue.market()
        bid = order(ann, market, pb.BUY, "0.60", "10.00", "a", wait_result=True)
        number = (await door("CreateOrder", bid)).order.order_id
        less = pb.Reduction(account=ann, order_id=number, quantity="4", wait_result=True)
        reduced = (await door("ReduceOrder", less)).order
        assert (reduced.order_id, reduced.remaining_quantity) == (number, "6.00")
        terms = {"client_order_id": "a", "price": "0.50", "quantity": "8", "wait_result": True}
        moved = (await door("ReplaceOrder", pb.Replacement(account=ann, **terms))).order  # type: ignore[arg-type]
        assert (moved.order_id, moved.remaining_quantity) == (number, "8.00")
        assert venue.balance(ann) == (MONEY, 4_000_000)
        again = pb.Call(tag=7, replace_order=pb.Replacement(account=ann, **terms))  # type: ignore[arg-type]
        for replies in (await door.batch([again]), await door.stream([again])):
            assert [(one.tag, one.order.remaining_quantity) for one in replies] == [(7, "8.00")]
        for wrong, reject in (
            (pb.Reduction(account=ann, quantity="1"), Reject.FIELD_INVALID),
            (pb.Reduction(account=ann, order_id=1, client_order_id="a", quantity="1"),
             Reject.FIELD_INVALID),
            (pb.Reduction(account=ann, client_order_id="\n", quantity="1"),
             Reject.CLIENT_ORDER_ID_INVALID),
            (pb.Reduction(account=ann, order_id=number, quantity="0"), Reject.QUANTITY_INVALID),
            (pb.Reduction(account=bob, order_id=number, quantity="1"), Reject.ORDER_UNKNOWN),
            (pb.Reduction(account=bob, order_id=10**9, quantity="1"), Reject.ORDER_UNKNOWN),
        ):  # fmt: skip
            assert (await door("ReduceOrder", wrong)).declined.reject == reject, wrong
        for price, quantity, reject in (
            ("x", "1", Reject.FIELD_INVALID),
            ("0.5", "-1", Reject.QUANTITY_INVALID),
            ("0.99", "100000", Reject.FUNDS_INSUFFICIENT),
        ):
            change = pb.Replacement(account=ann, order_id=number, price=price, quantity=quantity)
            assert (await door("ReplaceOrder", change)).declined.reject == reject, change
        foreign = pb.Replacement(account=bob, order_id=number, price="0.5", quantity="1")
        assert (await door("ReplaceOrder", foreign)).declined.reject == Reject.ORDER_UNKNOWN
        assert venue.balance(ann) == (MONEY, 4_000_000)


async def test_facts_that_cannot_be_are_refused_and_the_ledger_goes_on(tmp_path: Path) -> None:
    """Who has the processor's token and lies is told so; nothing of it is applied."""
    venue = Venue()
    async with (
        venue.running(engines=False),
        typed(venue, tmp_path, "door", "processor") as (door, processor),
    ):
        ann, bob = await venue.user("ann", MONEY), await venue.user("bob", MONEY)
        market = await venue.market()
        bid = (await door("CreateOrder", order(ann, market, pb.BUY, "0.60", "1", "a"))).order
        ask = (await door("CreateOrder", order(bob, market, pb.BUY, "0.60", "1", "b"))).order
        engine = NaiveEngine()
        commands = b"".join([body async for _, _, body in venue.log.commands(0, 0)])
        truth = engine.process(commands)
        upto = bid.update_id - 1
        await venue.asset.apply(0, 1, upto, cut(truth, 0, upto))
        before = venue.balance(ann), venue.balance(bob)

        def cancelled(order_id: int, account: int, remaining: str, seq: int) -> pb.CancelDone:
            party = pb.Party(order_id=order_id, account=account, side=pb.BUY,
                             remaining_quantity=remaining)  # fmt: skip
            cancel = pb.Cancel(order=party, price="0.60", reason=1)
            return pb.CancelDone(command=pb.Command(seq=seq, market_id=market), cancel=cancel)

        for lie in (
            cancelled(bid.order_id, ann, "7.00", upto + 1),  # not what is left of it
            cancelled(999, ann, "1.00", upto + 1),  # no such order
        ):
            declined = (await processor("CancelOrder", lie)).declined
            assert declined.reject == Reject.FACTS_FALSE, lie
        for body, last in (
            (b"\x00" * 40, upto + 1),
            (cut(truth, upto, upto + 1), upto + 2),  # it ends earlier than it says
            (cut(truth, upto + 1), ask.update_id),  # the one before is left out
            (cut(truth, upto), 999),  # never numbered
        ):
            with pytest.raises(FalseFacts):
                await DoubtingAsset(venue.asset).apply(0, upto + 1, last, body)
        assert (venue.balance(ann), venue.balance(bob)) == before
        assert venue.asset.status()["ready"]
        whole = await DoubtingAsset(venue.asset).apply(0, 1, ask.update_id, truth)
        assert whole == ask.update_id
        assert {one.status for one in venue.asset.ledger.orders.values()} == {OrderStatus.OPEN}


async def test_the_chain_speaks_once_of_each_fill_however_often_it_is_said(tmp_path: Path) -> None:
    """A trade is confirmed, or one fill rolled back, at once, concurrently and after a restart."""
    venue = Venue()
    async with (
        venue.running(),
        typed(venue, tmp_path, "door", "onchain") as (door, onchain),
    ):
        ann, bob = await venue.user("ann", MONEY), await venue.user("bob", MONEY)
        market = await venue.market(settlement=SettlementMode.CHAIN)
        for price in ("0.60", "0.61"):
            await door("CreateOrder", order(ann, market, pb.BUY, price, "10.00", price))
        against = order(bob, market, pb.BUY, "0.40", "20.00", "b", outcome=1, wait_result=True)
        trade = trade_id(0, (await door("CreateOrder", against)).order.update_id)
        failed = pb.SendResult(trade_id=trade, fill=1, tx_hash="0x2", reason="no allowance")
        said = pb.SendResult(trade_id=trade, fill=0, tx_hash="0x1", success=True)
        name, first_n = "TradeOnchainSendResult", 0
        for result in (failed, said):
            replies = await asyncio.gather(*(onchain(name, result) for _ in range(10)))
            assert sum(not reply.done.repeated for reply in replies) == 1
            (first_n,) = {reply.done.n for reply in replies}

    async with (
        venue.running(),
        typed(venue, tmp_path, "door", "onchain") as (door, onchain),
    ):
        again = (await onchain("TradeOnchainSendResult", said)).done
        assert (again.n, again.repeated) == (first_n, True)
        whole = pb.SendResult(trade_id=trade, tx_hash="0x1", success=True)
        turned = (await onchain("TradeOnchainSendResult", whole)).declined
        assert turned.reject == Reject.KEY_REUSED
        unknown = pb.SendResult(trade_id=trade + 1, tx_hash="0x1", success=True)
        refused = (await onchain("TradeOnchainSendResult", unknown)).declined
        assert refused.reject == Reject.SETTLEMENT_UNKNOWN
        assert venue.balance(ann) == (MONEY - 6_100_000, 0)
        assert venue.balance(ann, token_asset(market, 0)) == (1_000, 0)


async def test_a_batch_and_a_stream_answer_in_order_each_call_for_itself(tmp_path: Path) -> None:
    """What came before counts already, a declined call stops none, tags come back in order."""
    venue = Venue()
    async with venue.running(), typed(venue, tmp_path, "door") as (door,):
        ann = await venue.user("ann")
        market = await venue.market()
        calls = [
            pb.Call(tag=7, deposit=pb.Movement(account=ann, amount="10", tx_hash="0x1")),
            pb.Call(tag=8, create_order=order(ann, market, pb.BUY, "0.60", "10.00", "a")),
            pb.Call(tag=9, create_order=order(ann, market, pb.BUY, "0.60", "10.00", "b")),
            pb.Call(tag=9, create_order=order(ann, market, pb.BUY, "0.60", "", "c")),
            pb.Call(tag=6, split=pb.Pairs(account=ann, market_id=market, quantity="4",
                                          tx_hash="0x2")),
        ]  # fmt: skip
        kinds = ["done", "order", "declined", "declined", "done"]

        for replies in (await door.batch(calls), await door.stream(calls)):
            assert [reply.tag for reply in replies] == [7, 8, 9, 9, 6]
            assert [reply.WhichOneof("reply") for reply in replies] == kinds
            assert replies[2].declined.reject == Reject.FUNDS_INSUFFICIENT
        assert replies[0].done.repeated
        assert replies[1].order.repeated
        assert venue.balance(ann) == (6_000_000, 6_000_000)


async def test_each_call_has_its_role(tmp_path: Path) -> None:
    """A door cannot release or settle, a processor cannot order or move money, in no form."""
    venue = Venue()
    async with (
        venue.running(),
        typed(venue, tmp_path, "door", "processor") as (door, processor),
    ):
        move = pb.Movement(account=1, amount="1", tx_hash="k")
        refused = [
            door("Trade", pb.TradeDone()),
            door("CancelOrder", pb.CancelDone()),
            door("OrderRejected", pb.RejectDone()),
            processor("Deposit", move),
            processor("CreateOrder", pb.NewOrder()),
            processor.batch([pb.Call(trade=pb.TradeDone()), pb.Call(deposit=move)]),
            door.stream([pb.Call(trade=pb.TradeDone())]),
            door("TradeOnchainSendResult", pb.SendResult()),
        ]
        for call in refused:
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await call
            assert caught.value.code() == grpc.StatusCode.PERMISSION_DENIED
        for asked in (door.batch([pb.Call()]), door.stream([pb.Call()])):
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await asked
            assert caught.value.code() == grpc.StatusCode.INVALID_ARGUMENT
