"""Signed orders: in the log with the order, in requests to settle, and gone when all is final."""

import msgspec
import pytest
from msgspec.structs import replace
from tests.support.escrow import HOME, Contract, on_chain
from tests.support.signing import as_signed
from tests.support.venue import Venue, limit

from outcry.domain.ids import trade_id
from outcry.domain.ledger.invariants import audit
from outcry.domain.ledger.pending import Outcome
from outcry.domain.market import SettlementMode
from outcry.domain.signed_order import SIGNATURE_BYTES_MAX, SignedOrder
from outcry.messages.chain_requests import EVERY_FILL, ChainReportOp, ChainVerdict
from outcry.messages.entry import Commands, Decision, unpack_entry
from outcry.messages.ledger_checkpoints import pack_checkpoint, unpack_checkpoint
from outcry.messages.requests import (
    Declined,
    PlaceRequest,
    ReduceRequest,
    ReplaceRequest,
    SplitOp,
)
from outcry.messages.settlements import SettlementRequest
from outcry.runtime.config import ConfigError
from outcry.runtime.fold import Fold
from outcry_wire.records import Side
from outcry_wire.rejects import Reject


HUNDRED = 100_000_000


def _signed(venue: Venue, request: PlaceRequest, salt: int = 1) -> PlaceRequest:
    market = venue.asset.ledger.markets[request.market_id]
    return as_signed(request, market.tokens[request.outcome], salt)


async def _stage(venue: Venue) -> tuple[int, int, int]:
    ann, bob = await venue.user("ann", HUNDRED), await venue.user("bob", HUNDRED)
    market = await venue.market(settlement=SettlementMode.CHAIN)
    await venue.fund(SplitOp(0, bob, market, 1_000, ""))
    return ann, bob, market


async def _requests(venue: Venue) -> list[SettlementRequest]:
    return [
        request
        async for row in venue.log.entries(0)
        for request in (unpack_entry(row.body).settlements if row.body else ())
    ]


async def test_a_signed_order_is_in_the_log_in_the_request_and_then_gone() -> None:
    """It stands in its order's decision, goes to who settles, and is dropped with the last word."""
    async with Venue().running() as venue:
        ann, bob, market = await _stage(venue)
        bid = _signed(venue, limit(ann, market, Side.BUY, 6_000, 1_000))
        placed = await venue.placed(bid)
        offer = _signed(venue, limit(bob, market, Side.SELL, 6_000, 400), 2)
        met = await venue.placed(offer)
        decisions = [
            decision.signed
            async for row in venue.log.entries(0)
            for item in (unpack_entry(row.body).items if row.body else ())
            if isinstance(item, Commands)
            for decision in item.decisions
        ]
        assert decisions == [bid.signed, offer.signed]
        ((fill,),) = [request.fills for request in await _requests(venue)]
        assert (fill.taker.signed, fill.maker.signed) == (offer.signed, bid.signed)

        ledger = venue.asset.ledger
        assert set(ledger.chain.signed) == {placed.order_id, met.order_id}
        kept = unpack_checkpoint(pack_checkpoint(ledger)).ledger.chain.signed
        assert kept == ledger.chain.signed
        verdict = ChainVerdict(trade_id(0, met.update_id), EVERY_FILL, Outcome.CONFIRMED, "0x1")
        await venue.fund(ChainReportOp(0, [verdict]))
        assert set(ledger.chain.signed) == {placed.order_id}
        audit(ledger)
        await venue.cancel(ann, placed.order_id)
        assert not ledger.chain.signed
        fold = Fold()
        async for row in venue.log.entries(0):
            if row.body:
                fold.apply_entry(row.n, unpack_entry(row.body))
        assert fold.ledger.chain == ledger.chain


async def test_an_order_that_ends_before_its_verdict_keeps_its_signature() -> None:
    """A cancelled rest does not take away what its pending fill has to be settled with."""
    async with Venue().running() as venue:
        ann, bob, market = await _stage(venue)
        bid = await venue.placed(_signed(venue, limit(ann, market, Side.BUY, 6_000, 1_000)))
        met = await venue.placed(_signed(venue, limit(bob, market, Side.SELL, 6_000, 400), 2))
        await venue.cancel(ann, bid.order_id)
        ledger = venue.asset.ledger
        assert bid.order_id in ledger.chain.signed
        verdict = ChainVerdict(trade_id(0, met.update_id), EVERY_FILL, Outcome.FAILED, "", "gone")
        await venue.fund(ChainReportOp(0, [verdict]))
        assert not ledger.chain.signed


async def test_a_signed_order_can_be_reduced_but_not_replaced() -> None:
    """What was signed cannot change its price or grow; smaller is fine."""
    async with Venue().running() as venue:
        ann, _, market = await _stage(venue)
        bid = await venue.placed(_signed(venue, limit(ann, market, Side.BUY, 6_000, 1_000)))
        await venue.changed(ReduceRequest(ann, bid.order_id, "", 100))
        other = ReplaceRequest(ann, bid.order_id, "", 5_000, 500, False)
        (refused,) = await venue.asset.submit([other], wait_result=True)
        assert isinstance(refused, Declined)
        assert refused.reject == Reject.REPLACE_INVALID


async def test_a_market_of_the_book_keeps_no_signatures() -> None:
    """There a door has checked it, and nobody needs it again."""
    async with Venue().running() as venue:
        ann = await venue.user("ann", HUNDRED)
        market = await venue.market()
        await venue.placed(_signed(venue, limit(ann, market, Side.BUY, 6_000, 1_000)))
        assert not venue.asset.ledger.chain.signed


@pytest.mark.parametrize(
    "change",
    [
        {"token_id": b"\x07"},
        {"side": int(Side.SELL)},
        {"version": 3},
        {"signature": bytes(SIGNATURE_BYTES_MAX + 1)},
        {"maker": bytes(19)},
        {"extra": (b"",) * 5},
        {"salt": bytes(33)},
    ],
)
async def test_what_was_signed_must_be_the_order(change: dict[str, object]) -> None:
    """Another token or side, and what no signed order can be, is declined by number."""
    async with Venue().running() as venue:
        ann, _, market = await _stage(venue)
        good = _signed(venue, limit(ann, market, Side.BUY, 6_000, 1_000))
        bad = replace(good, signed=replace(good.signed, **change))  # type: ignore[type-var]
        refused = await venue.place(bad)
        assert isinstance(refused, Declined)
        assert refused.reject == Reject.SIGNATURE_INVALID


async def test_on_a_real_chain_every_order_is_signed() -> None:
    """Where the ledger lives on contracts, an order without a signature is declined by number."""
    async with on_chain().running() as venue:
        contract = Contract(venue)
        ann = await contract.funded(7, HUNDRED)
        market = await contract.registered()
        refused = await venue.place(limit(ann, market, Side.BUY, 6_000, 1_000))
        assert isinstance(refused, Declined)
        assert refused.reject == Reject.UNSIGNED_ORDERS_DISABLED


async def test_a_ledger_does_not_move_to_another_chain() -> None:
    """One with markets joins none, and one that lives on contracts names them at every start."""
    venue = Venue()
    async with venue.running():
        await venue.market()
    venue.config = venue.config._replace(home=HOME)
    with pytest.raises(ConfigError, match="use a new data_dir"):
        async with venue.running():
            pass
    settled = Venue()
    settled.config = settled.config._replace(home=HOME)
    async with settled.running():
        pass
    for home in (None, replace(HOME, chain_id=1)):
        settled.config = settled.config._replace(home=home)
        with pytest.raises(ConfigError, match="lives on contract"):
            async with settled.running():
                pass


async def test_a_repeat_of_a_signed_order_is_recognised() -> None:
    """The same bytes are one order; the same name with another signature is declined."""
    async with Venue().running() as venue:
        ann, _, market = await _stage(venue)
        plain = limit(ann, market, Side.BUY, 6_000, 1_000, client_order_id="mine")
        first = await venue.placed(_signed(venue, plain))
        again = await venue.placed(_signed(venue, plain))
        assert (again.order_id, again.repeated) == (first.order_id, True)
        other = await venue.place(_signed(venue, plain, 2))
        assert isinstance(other, Declined)
        assert other.reject == Reject.CLIENT_ORDER_ID_REUSED


def test_decisions_written_before_there_were_signatures_still_decode() -> None:
    """An entry of an older log has four fields in each decision."""
    old = msgspec.msgpack.encode([5, 0, "mine", b"d"])
    assert msgspec.msgpack.decode(old, type=Decision) == Decision(5, 0, "mine", b"d")
    signed = SignedOrder(1, b"", bytes(20), bytes(20), b"\x01", 1, 1, 0, 0, (), b"")
    new = Decision(5, 0, "mine", b"d", signed)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(new), type=Decision) == new
