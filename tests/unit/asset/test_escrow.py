"""Escrow in the ledger: what the contract says is taken in, what users ask of it waits for it."""

from tests.support.escrow import HOME, Contract, address, on_chain
from tests.support.venue import Venue, limit

from outcry.domain.ids import COLLATERAL, EXTERNAL, PENDING, token_asset, trade_id
from outcry.domain.ledger.escrow import Operation, Stage
from outcry.domain.ledger.in_transit import InTransit
from outcry.domain.ledger.invariants import audit
from outcry.domain.ledger.pending import Outcome
from outcry.domain.ledger.state import balance_key
from outcry.domain.market import MarketMove, MarketState, SettlementMode
from outcry.messages.chain_requests import EVERY_FILL, ChainReportOp, ChainVerdict
from outcry.messages.entry import unpack_entry
from outcry.messages.escrow_requests import EscrowReportOp
from outcry.messages.happenings import Happened
from outcry.messages.ledger_checkpoints import pack_checkpoint, unpack_checkpoint
from outcry.messages.requests import (
    CheckpointOp,
    Declined,
    DepositOp,
    LinkAddressOp,
    MarketMoveOp,
    MergeOp,
    OpenAccountOp,
    RedeemOp,
    ResolveOp,
    SplitOp,
    TransferOp,
    VoidOp,
    WithdrawOp,
)
from outcry.runtime.fold import Fold
from outcry_wire.records import Side
from outcry_wire.rejects import Reject


HUNDRED = 100_000_000
LOT = 10_000


def _transit(venue: Venue, account: int, asset: int = COLLATERAL) -> InTransit:
    return venue.asset.ledger.chain.transit.get(balance_key(account, asset), InTransit())


async def _replays(venue: Venue) -> None:
    """A fold of the log, and a checkpoint, are the same ledger."""
    fold = Fold()
    async for row in venue.log.entries(0):
        if row.body:
            fold.apply_entry(row.n, unpack_entry(row.body))
    ledger = venue.asset.ledger
    for name in ("balances", "positions", "orders", "chain", "frozen", "addresses"):
        assert getattr(fold.ledger, name) == getattr(ledger, name), name
    assert unpack_checkpoint(pack_checkpoint(ledger)).ledger.chain == ledger.chain


async def test_a_deposit_credits_the_account_of_its_address_once() -> None:
    """An address that nobody has becomes a user; a block that was told again changes nothing."""
    async with on_chain().running() as venue:
        contract = Contract(venue)
        ann = await contract.funded(7, HUNDRED)
        ledger = venue.asset.ledger
        assert ledger.users[ledger.owners[ann]].external_id == f"eth:{address(7)}"
        assert venue.balance(ann) == (HUNDRED, 0)
        again = EscrowReportOp(0, contract.happened, [], contract.block, "")
        assert (await venue.fund(again)).repeated
        assert await contract.funded(7, 1) == ann
        assert venue.balance(ann) == (HUNDRED + 1, 0)
        await _replays(venue)


async def test_a_deposit_is_for_who_came_by_the_name_of_the_address() -> None:
    """Who is known as ``eth:`` and an address has that address; there is no second user."""
    async with on_chain().running() as venue:
        ann = await venue.user(f"eth:{address(7)}")
        assert await Contract(venue).funded(7, HUNDRED) == ann
        assert len(venue.asset.ledger.users) == 1
        await _replays(venue)


async def test_what_the_ledger_does_by_itself_elsewhere_is_declined() -> None:
    """Deposits, transfers, redemptions and markets of the book are refused by number."""
    async with on_chain().running() as venue:
        contract = Contract(venue)
        ann = await contract.funded(7, HUNDRED)
        user = venue.asset.ledger.owners[ann]
        other = (await venue.fund(OpenAccountOp(0, user, "other"))).id
        market = await contract.registered()
        for op in (
            DepositOp(0, ann, COLLATERAL, 1, "key"),
            TransferOp(0, user, ann, other, COLLATERAL, 1, ""),
            RedeemOp(0, ann, market, ""),
            LinkAddressOp(0, user, address(8)),
        ):
            assert (await venue.refused(op)).reject == Reject.ON_CHAIN_ONLY
        bare = WithdrawOp(0, other, COLLATERAL, 1, "x")
        assert (await venue.refused(bare)).reject == Reject.ADDRESS_MISSING


async def test_a_market_is_a_draft_until_the_contracts_know_it() -> None:
    """It is listed under the ids of its condition, and takes orders from its registration on."""
    async with on_chain().running() as venue:
        contract = Contract(venue)
        ann = await contract.funded(7, HUNDRED)
        market = await venue.market()
        ledger = venue.asset.ledger
        assert ledger.chain.conditions == {contract.condition(market): market}
        bid = limit(ann, market, Side.BUY, 6_000, 100)
        early = await venue.place(contract.signed(bid, 7))
        assert isinstance(early, Declined)
        assert (early.reject, early.got) == (Reject.MARKET_NOT_OPEN, "draft")
        await contract.says(Happened.REGISTERED, asset=contract.condition(market))
        assert ledger.markets[market].state == MarketState.OPEN
        await venue.placed(contract.signed(bid, 7))
        theirs = await venue.place(contract.signed(bid, 8))
        assert isinstance(theirs, Declined)
        assert theirs.reject == Reject.SIGNATURE_INVALID
        assert ledger.markets[market].settlement == SettlementMode.CHAIN
        await _replays(venue)


async def test_a_draft_can_be_closed_and_paid_without_the_contracts() -> None:
    """Nothing was ever issued of it, so nothing has to be said there."""
    async with on_chain().running() as venue:
        market = await venue.market()
        await venue.fund(MarketMoveOp(0, market, MarketMove.CLOSE, "not wanted"))
        await venue.fund(VoidOp(0, market, 5_000, 5_000))
        assert venue.asset.ledger.markets[market].state == MarketState.VOIDED


async def test_a_withdrawal_waits_for_the_contract() -> None:
    """40.00 leave the total, are usable by nobody, and are outside when they are paid out."""
    async with on_chain().running() as venue:
        contract = Contract(venue)
        ann = await contract.funded(7, HUNDRED)
        op = WithdrawOp(0, ann, COLLATERAL, 40_000_000, "mine")
        done = await venue.fund(op)
        assert (await venue.fund(op)).id == done.id
        assert (venue.balance(ann), venue.balance(PENDING)[0]) == ((60_000_000, 0), 40_000_000)
        assert _transit(venue, ann).outgoing == 40_000_000
        more = await venue.refused(WithdrawOp(0, ann, COLLATERAL, 60_000_001, "more"))
        assert more.reject == Reject.FUNDS_INSUFFICIENT
        paid = (Happened.PAID_OUT, address(7), "0", 40_000_000, done.id)
        await contract.says(*paid)
        assert (venue.balance(ann), venue.balance(PENDING)[0]) == ((60_000_000, 0), 0)
        assert venue.balance(EXTERNAL)[0] == -60_000_000
        unasked = await contract.tells(*paid[:-1], done.id + 1)
        assert isinstance(unasked, Declined)
        assert unasked.reject == Reject.SETTLEMENT_UNKNOWN
        await _replays(venue)


async def test_a_withdrawal_that_is_refused_there_is_available_again() -> None:
    """Given up for good: the value is back, and the same word again changes nothing."""
    async with on_chain().running() as venue:
        contract = Contract(venue)
        ann = await contract.funded(7, HUNDRED)
        done = await venue.fund(WithdrawOp(0, ann, COLLATERAL, HUNDRED, "mine"))
        await contract.gives_up(done.id, "not enough in escrow")
        assert venue.balance(ann) == (HUNDRED, 0)
        await contract.gives_up(done.id, "not enough in escrow")
        assert venue.balance(ann) == (HUNDRED, 0)
        assert not venue.asset.ledger.chain.operations


async def test_splits_and_merges_are_done_by_the_contract() -> None:
    """Collateral waits, then pairs come; pairs wait, then collateral comes."""
    async with on_chain().running() as venue:
        contract = Contract(venue)
        ann = await contract.funded(7, HUNDRED)
        market = await contract.registered()
        condition = contract.condition(market)
        yes, no = (token_asset(market, outcome) for outcome in (0, 1))
        split = await venue.fund(SplitOp(0, ann, market, 1_000, "s"))
        assert venue.balance(ann) == (HUNDRED - 10_000_000, 0)
        assert _transit(venue, ann, yes).incoming == 1_000
        await contract.says(Happened.SPLIT, address(7), condition, 1_000 * LOT, split.id)
        assert (venue.balance(ann, yes), venue.balance(ann, no)) == ((1_000, 0), (1_000, 0))
        merge = await venue.fund(MergeOp(0, ann, market, 400, "m"))
        assert venue.balance(ann, yes) == (600, 0)
        await contract.says(Happened.MERGED, address(7), condition, 400 * LOT, merge.id)
        assert venue.balance(ann) == (HUNDRED - 6_000_000, 0)
        assert venue.balance(-market)[0] == 6_000_000
        await _replays(venue)


async def test_a_market_that_closes_waits_for_splits() -> None:
    """Closed means nothing pending, so that no token is issued after its payout is reported."""
    async with on_chain().running() as venue:
        contract = Contract(venue)
        ann = await contract.funded(7, HUNDRED)
        market = await contract.registered()
        split = await venue.fund(SplitOp(0, ann, market, 1_000, "s"))
        await venue.close(market)
        markets = venue.asset.ledger.markets
        assert markets[market].state == MarketState.CLOSING
        await contract.says(
            Happened.SPLIT, address(7), contract.condition(market), 1_000 * LOT, split.id
        )
        assert markets[market].state == MarketState.CLOSED


async def test_tokens_that_come_from_outside_are_backed() -> None:
    """The world splits what it brings: merged or redeemed here, they are worth what they are."""
    async with on_chain().running() as venue:
        contract = Contract(venue)
        ann = await contract.funded(7, HUNDRED)
        market = await contract.registered()
        yes = token_asset(market, 0)
        bring = (Happened.DEPOSITED, address(7), contract.token(market, 0))
        await contract.says(*bring, 12_345_678)
        ledger = venue.asset.ledger
        assert venue.balance(ann, yes) == (1_234, 0)
        assert ledger.chain.dust == {balance_key(ann, yes): 5_678}
        assert venue.balance(-market)[0] == 1_234 * LOT
        await contract.says(*bring, 4_322)
        assert (venue.balance(ann, yes), ledger.chain.dust) == ((1_235, 0), {})
        await contract.says(Happened.DEPOSITED, address(8), contract.token(market, 1), 1_000 * LOT)
        assert venue.balance(-market)[0] == 1_235 * LOT
        await contract.says(Happened.DEPOSITED, address(7), "4711", 1_000)
        out = await venue.fund(WithdrawOp(0, ann, yes, 235, "out"))
        paid = (address(7), contract.token(market, 0), 235 * LOT, out.id)
        await contract.says(Happened.PAID_OUT, *paid)
        assert venue.balance(ann, yes) == (1_000, 0)
        await _replays(venue)


async def test_an_announced_exit_reserves_and_takes_orders_back() -> None:
    """Ann announces 95.00 of her 100.00: her bid is cancelled, only the rest may be used."""
    async with on_chain().running() as venue:
        contract = Contract(venue)
        ann = await contract.funded(7, HUNDRED)
        market = await contract.registered()
        bid = contract.signed(limit(ann, market, Side.BUY, 6_000, 1_000), 7)
        placed = await venue.placed(bid)
        await contract.says(Happened.EXIT_REQUESTED, address(7), "0", 95_000_000, 1_800_000_000)
        await venue.fund(CheckpointOp(0))
        ledger = venue.asset.ledger
        assert placed.order_id not in ledger.orders
        assert ledger.available(ann, COLLATERAL) == 5_000_000
        for lots, taken in ((1_000, False), (800, True)):
            more = limit(ann, market, Side.BUY, 6_000, lots)
            answer = await venue.place(contract.signed(more, 7))
            assert isinstance(answer, Declined) != taken
        assert (await venue.refused(WithdrawOp(0, ann, 0, 200_001, "w"))).reject
        await contract.says(Happened.EXITED, address(7), "0", 95_000_000)
        assert venue.balance(ann) == (5_000_000, 4_800_000)
        assert not ledger.chain.exits
        assert not ledger.frozen
        await _replays(venue)


async def test_an_exit_that_is_called_off_makes_everything_available() -> None:
    """A request of 0 replaces the one before."""
    async with on_chain().running() as venue:
        contract = Contract(venue)
        ann = await contract.funded(7, HUNDRED)
        await contract.says(Happened.EXIT_REQUESTED, address(7), "0", HUNDRED, 1_800_000_000)
        assert venue.asset.ledger.available(ann, COLLATERAL) == 0
        await contract.says(Happened.EXIT_REQUESTED, address(7), "0", 0, 1_800_000_000)
        assert venue.asset.ledger.available(ann, COLLATERAL) == HUNDRED


async def test_an_exit_with_what_was_promised_is_noted_as_missing() -> None:
    """60.00 wait for a trade and 100.00 went out: they are missing, until they come back."""
    async with on_chain().running() as venue:
        contract = Contract(venue)
        ann, bob = await contract.funded(7, HUNDRED), await contract.funded(8, HUNDRED)
        market = await contract.registered()
        await venue.placed(contract.signed(limit(ann, market, Side.BUY, 6_000, 10_000), 7))
        sale = limit(bob, market, Side.BUY, 4_000, 10_000, outcome=1)
        met = await venue.placed(contract.signed(sale, 8))
        await contract.says(Happened.EXITED, address(7), "0", HUNDRED)
        ledger = venue.asset.ledger
        assert venue.balance(ann) == (0, 0)
        assert ledger.chain.missing == {balance_key(ann, COLLATERAL): 60_000_000}
        assert ann in ledger.frozen
        failed = ChainVerdict(trade_id(0, met.update_id), EVERY_FILL, Outcome.FAILED, "", "no cash")
        await venue.fund(ChainReportOp(0, [failed]))
        assert (venue.balance(ann), ledger.chain.missing) == ((0, 0), {})
        audit(ledger)
        await _replays(venue)


async def test_a_paid_market_is_redeemed_without_being_asked() -> None:
    """Once the contract has the collateral each holder is redeemed, and paid what it says."""
    async with on_chain().running() as venue:
        contract = Contract(venue)
        ann, bob = await contract.funded(7, HUNDRED), await contract.funded(8, HUNDRED)
        market = await contract.registered()
        condition = contract.condition(market)
        await venue.placed(contract.signed(limit(ann, market, Side.BUY, 6_000, 1_000), 7))
        sale = limit(bob, market, Side.BUY, 4_000, 1_000, outcome=1)
        met = await venue.placed(contract.signed(sale, 8))
        verdict = ChainVerdict(trade_id(0, met.update_id), EVERY_FILL, Outcome.CONFIRMED, "0x1")
        await venue.fund(ChainReportOp(0, [verdict]))
        await contract.says(Happened.DEPOSITED, address(7), contract.token(market, 0), 5_000)
        await venue.close(market)
        early = await contract.tells(Happened.REDEEMED, asset=condition, amount=10_000_000)
        assert isinstance(early, Declined)
        assert early.reject == Reject.MARKET_NOT_RESOLVED
        await venue.fund(ResolveOp(0, market, 10_000, 0))
        await contract.says(Happened.REDEEMED, asset=condition, amount=10_000_000)
        ledger = venue.asset.ledger
        assert ledger.chain.stages[market] == Stage.REDEEMED
        asked = [(one.kind, one.account, one.qty) for one in ledger.chain.operations.values()]
        assert asked == [(Operation.REDEEM, ann, 1_000), (Operation.REDEEM, bob, 0)]
        await contract.says(Happened.REDEEMED_FOR, address(8), condition, 0)
        await contract.says(Happened.REDEEMED_FOR, address(7), condition, 10_005_000)
        assert venue.balance(ann) == (HUNDRED - 6_000_000 + 10_005_000, 0)
        assert venue.balance(bob) == (HUNDRED - 4_000_000, 0)
        assert not ledger.chain.operations
        assert not ledger.chain.dust
        assert not venue.balance(-market)[0]
        await _replays(venue)


async def test_a_deposit_that_a_deep_reorganisation_took_back_is_outside_again() -> None:
    """What is left of it is debited, what is not is missing, and the account is frozen."""
    async with on_chain().running() as venue:
        contract = Contract(venue)
        ann = await contract.funded(7, HUNDRED)
        await venue.fund(WithdrawOp(0, ann, COLLATERAL, 30_000_000, "w"))
        await venue.fund(EscrowReportOp(0, [], [], 0, "0x0", 0, [], contract.happened))
        ledger = venue.asset.ledger
        assert (venue.balance(ann), venue.balance(EXTERNAL)[0]) == ((0, 0), -30_000_000)
        assert ledger.chain.missing == {balance_key(ann, COLLATERAL): 30_000_000}
        assert (ann in ledger.frozen, ledger.chain.escrow_block) == (True, 0)
        audit(ledger)
        await _replays(venue)


async def test_reports_are_for_ledgers_that_have_a_home() -> None:
    """A ledger that keeps everything itself takes no word of a contract."""
    async with Venue().running() as venue:
        refused = await venue.refused(EscrowReportOp(0, [], [], 1, "0x1"))
        assert refused.reject == Reject.ON_CHAIN_ONLY
    assert HOME.chain_id == 31_337
