"""Escrow when things come in another order: payments mined twice, redemptions before payments."""

from msgspec.structs import replace
from tests.support.escrow import HOME, Contract, address, on_chain
from tests.support.venue import limit

from outcry.domain.ids import COLLATERAL, token_asset, trade_id
from outcry.domain.ledger.escrow import Operation
from outcry.domain.ledger.invariants import audit
from outcry.domain.ledger.pending import Outcome
from outcry.domain.market import MarketState
from outcry.messages.chain_requests import EVERY_FILL, ChainReportOp, ChainVerdict
from outcry.messages.escrow_requests import (
    BLOCK_HAPPENINGS_COUNT_MAX,
    HAPPENINGS_COUNT_MAX,
    EscrowReportOp,
)
from outcry.messages.happenings import Happened, Happening
from outcry.messages.ledger_checkpoints import pack_checkpoint, unpack_checkpoint
from outcry.messages.requests import (
    CheckpointOp,
    CreateEventOp,
    Declined,
    MarketSpec,
    ResolveOp,
    SetFeesOp,
    WithdrawOp,
)
from outcry.runtime import ctf
from outcry_wire.records import Side
from outcry_wire.rejects import Reject


HUNDRED = 100_000_000


async def test_tokens_on_their_way_out_are_redeemed_with_the_others() -> None:
    """What a redemption overtakes is no withdrawal any more, and one redemption pays all."""
    async with on_chain().running() as venue:
        contract = Contract(venue)
        ann, bob = await contract.funded(7, HUNDRED), await contract.funded(8, HUNDRED)
        market = await contract.registered()
        condition, asset = contract.condition(market), token_asset(market, 0)
        await venue.placed(contract.signed(limit(ann, market, Side.BUY, 6_000, 1_000), 7))
        sale = limit(bob, market, Side.BUY, 4_000, 1_000, outcome=1)
        met = await venue.placed(contract.signed(sale, 8))
        verdict = ChainVerdict(trade_id(0, met.update_id), EVERY_FILL, Outcome.CONFIRMED, "0x1")
        await venue.fund(ChainReportOp(0, [verdict]))
        await venue.close(market)
        await venue.fund(ResolveOp(0, market, 10_000, 0))
        some = await venue.fund(WithdrawOp(0, ann, asset, 400, "some"))
        rest = await venue.fund(WithdrawOp(0, ann, asset, 600, "rest"))
        money = await venue.fund(WithdrawOp(0, ann, COLLATERAL, 1, "money"))
        await contract.says(Happened.REDEEMED, asset=condition, amount=10_000_000)
        asked = venue.asset.ledger.chain.operations
        assert {some.id, rest.id}.isdisjoint(asked)
        assert [
            (one.account, one.qty) for one in asked.values() if one.kind == Operation.REDEEM
        ] == [(ann, 1_000), (bob, 0)]
        for one in (some, rest):
            await contract.gives_up(one.id, "nothing is there")
        await contract.says(Happened.REDEEMED_FOR, address(7), condition, 10_000_000)
        await contract.says(Happened.REDEEMED_FOR, address(8), condition, 0)
        assert list(asked) == [money.id]
        assert venue.balance(ann)[0] == HUNDRED - 6_000_000 + 10_000_000 - 1
        assert venue.balance(ann, asset) == (0, 0)
        assert not venue.balance(-market)[0]


async def test_a_payment_that_is_mined_again_counts_once() -> None:
    """Taken back by a deep reorganisation it is the account's; paid again it is not."""
    async with on_chain().running() as venue:
        contract = Contract(venue)
        ann = await contract.funded(7, HUNDRED)
        paid = await venue.fund(WithdrawOp(0, ann, COLLATERAL, 30_000_000, "w"))
        terms = (address(7), "0", 30_000_000, paid.id)
        await contract.says(Happened.PAID_OUT, *terms)
        kept, lost = contract.happened
        await venue.fund(EscrowReportOp(0, [], [], contract.block, "0xc2", 1, [kept], [lost]))
        audit(venue.asset.ledger)
        assert ann in venue.asset.ledger.frozen
        assert venue.balance(ann) == (HUNDRED, 0)
        await contract.says(Happened.PAID_OUT, *terms)
        assert venue.balance(ann) == (HUNDRED - 30_000_000, 0)
        assert not venue.asset.ledger.chain.missing


async def test_a_payment_after_it_was_given_up_is_taken_from_what_is_there() -> None:
    """The ledger does not stand still over it: what is not there any more is noted as missing."""
    async with on_chain().running() as venue:
        contract = Contract(venue)
        ann = await contract.funded(7, HUNDRED)
        paid = await venue.fund(WithdrawOp(0, ann, COLLATERAL, 30_000_000, "w"))
        await contract.gives_up(paid.id, "not enough")
        await contract.says(Happened.PAID_OUT, address(7), "0", 30_000_000, paid.id)
        assert venue.balance(ann) == (HUNDRED - 30_000_000, 0)
        strange = await contract.tells(Happened.PAID_OUT, address(7), "0", 1, paid.id + 1)
        assert isinstance(strange, Declined)
        assert strange.reject == Reject.SETTLEMENT_UNKNOWN


async def test_a_block_full_of_announcements_is_taken_in() -> None:
    """Anybody may fill a block; it is one report, and orders are cancelled once."""
    async with on_chain().running() as venue:
        contract = Contract(venue)
        ann = await contract.funded(7, HUNDRED)
        market = await contract.registered()
        await venue.placed(contract.signed(limit(ann, market, Side.BUY, 6_000, 10_000), 7))
        first = Happening(Happened.EXIT_REQUESTED, 3, 0, "0x3", address(7), "0", HUNDRED, 1)
        full = [replace(first, log_index=place) for place in range(HAPPENINGS_COUNT_MAX + 1)]
        split = [*full[:-1], replace(first, block=4)]
        refused = await venue.refused(EscrowReportOp(0, split, [], 4, "0x4"))
        assert refused.reject == Reject.BATCH_TOO_LARGE
        seq = venue.asset.ledger.shard(0).numbered
        await venue.fund(EscrowReportOp(0, full, [], 3, "0x3"))
        assert venue.asset.ledger.shard(0).numbered == seq + 1
        assert not venue.asset.ledger.available(ann, COLLATERAL)
        assert len(full) < BLOCK_HAPPENINGS_COUNT_MAX


async def test_a_condition_that_somebody_registered_first_is_not_listed() -> None:
    """Its registration would never be told again, so the market would be a draft for ever."""
    async with on_chain().running() as venue:
        contract = Contract(venue)
        condition = ctf.condition_id(HOME.oracle, ctf.question_id("rain", "rain"))
        await contract.says(Happened.REGISTERED, asset=f"0x{condition.hex()}")
        spec = MarketSpec("rain", "Will it rain?")
        event = CreateEventOp(0, "rain", "rain", "", "", "", "weather", "", 0, 0, [spec])
        refused = await venue.refused(event)
        assert (refused.reject, refused.got) == (Reject.FIELD_INVALID, "identifier rain")
        ledger = venue.asset.ledger
        assert unpack_checkpoint(pack_checkpoint(ledger)).ledger.chain == ledger.chain
        market = await contract.registered("snow")
        assert ledger.markets[market].state == MarketState.OPEN
        assert contract.condition(market) not in ledger.chain.strange


async def test_an_order_that_names_too_low_a_fee_is_declined() -> None:
    """The contract would never settle it: the ledger checks what was signed against the market."""
    async with on_chain().running() as venue:
        contract = Contract(venue)
        ann = await contract.funded(7, HUNDRED)
        fees = await venue.fund(SetFeesOp(0, 1, 100, 0, 0))
        market = await contract.registered(fee_version=fees.id)
        request = contract.signed(limit(ann, market, Side.BUY, 6_000, 100), 7)
        assert request.signed is not None
        for rate, reject in ((b"", 420), (b"\x63", 420), (b"\x64", 0)):
            first = replace(request.signed, version=1, extra=(bytes(20), b"", b"", rate))
            answer = await venue.place(replace(request, signed=first))
            assert getattr(answer, "reject", 0) == reject


async def test_what_was_revoked_on_the_chain_is_cancelled_and_not_taken() -> None:
    """Its fills could never settle: one order by its hash, a whole generation by the nonce."""
    async with on_chain().running() as venue:
        contract = Contract(venue)
        ann = await contract.funded(7, HUNDRED)
        market = await contract.registered()
        name = "ab" * 32
        request = contract.signed(limit(ann, market, Side.BUY, 6_000, 100), 7)
        assert request.signed is not None
        first = replace(request.signed, version=1, extra=(bytes(20), b"", b"", b""))
        request = replace(request, client_order_id=name)
        older = replace(request, signed=first, client_order_id="cd" * 32)
        placed = await venue.placed(request)
        await contract.says(Happened.REVOKED, address(7), f"0x{name}")
        await venue.fund(CheckpointOp(0))
        ledger = venue.asset.ledger
        assert placed.order_id not in ledger.orders
        await venue.placed(older)
        await contract.says(Happened.NONCE_RAISED, address(7), "")
        await venue.fund(CheckpointOp(0))
        assert not ledger.orders
        assert unpack_checkpoint(pack_checkpoint(ledger)).ledger.chain == ledger.chain
        again = [replace(request, qty=101), replace(older, client_order_id="ef" * 32)]
        rejects = [getattr(await venue.place(one), "reject", 0) for one in again]
        # The first is the name of another order by now; without a memory of it, it is revoked.
        assert rejects == [Reject.CLIENT_ORDER_ID_REUSED, Reject.ORDER_NONCE_INVALID]
        await contract.says(Happened.REVOKED, address(7), "0x" + "12" * 32)
        revoked = await venue.place(replace(request, client_order_id="12" * 32))
        assert getattr(revoked, "reject", 0) == Reject.SIGNATURE_INVALID
        await venue.placed(replace(request, client_order_id="34" * 32))
        await contract.says(Happened.NONCE_RAISED, address(99), "")
        assert address(99) not in ledger.addresses


async def test_an_order_of_the_first_generation_that_was_filled_is_not_taken_again() -> None:
    """Its id is forgotten after a day, but the contract knows what it has given."""
    async with on_chain().running() as venue:
        contract = Contract(venue)
        ann, bob = await contract.funded(7, HUNDRED), await contract.funded(8, HUNDRED)
        market = await contract.registered()
        request = contract.signed(limit(ann, market, Side.BUY, 6_000, 100), 7)
        assert request.signed is not None
        first = replace(request.signed, version=1, extra=(bytes(20), b"", b"", b""))
        older = replace(request, signed=first, client_order_id="cd" * 32)
        await venue.placed(older)
        other = limit(bob, market, Side.BUY, 4_000, 100, outcome=1)
        await venue.placed(contract.signed(other, 8))
        venue.clock.set(venue.clock.now_us() + 25 * 3600 * 1_000_000)
        await venue.fund(CheckpointOp(0))
        refused = await venue.place(older)
        assert getattr(refused, "reject", 0) == Reject.SIGNATURE_INVALID
