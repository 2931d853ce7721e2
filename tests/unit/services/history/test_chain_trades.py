"""Trades that wait for a chain: they count when they are confirmed, and never when they fail."""

from tests.support.escrow import Contract, on_chain
from tests.support.settling import Scene, scene
from tests.support.venue import limit
from tests.unit.services.history.test_history import caught_up, history

from outcry.adapters.memory import MemoryProjection, MemorySeries
from outcry.domain.ids import trade_id
from outcry.domain.ledger.pending import Outcome
from outcry.domain.units import TICKS_PER_UNIT
from outcry.messages.chain_requests import ChainReportOp, ChainVerdict
from outcry.messages.settlement_status import SettlementStage
from outcry.runtime.settlement_stages import SettlementStages
from outcry.services.history.config import HistoryConfig
from outcry_wire.records import Side


async def one_of_three_fails(on: Scene) -> int:
    """Return a trade of three fills, of which the dearest fails."""
    trade = await on.trade(100, 200, 300)
    await on.chain.refuse(trade, 1, "no backing")
    await on.finish()
    return trade


async def test_what_fails_is_in_no_volume_price_candle_or_turnover() -> None:
    """Two of three fills are confirmed: everything that counts trades counts two."""
    projection = MemoryProjection()
    async with scene() as on, history(on.venue, projection, HistoryConfig(2)):
        trade = await on.trade(100)
        await caught_up(projection, on.venue)
        assert not projection.tables.candles
        assert not projection.tables.turnovers
        market = on.venue.asset.ledger.markets[on.market]
        assert (market.volume, market.last_price) == (0, 0)
        await on.finish()
        second = await one_of_three_fails(on)
        await caught_up(projection, on.venue)
        assert market.volume == 500 * TICKS_PER_UNIT
        assert market.last_price == 6_000
        tables = projection.tables
        minutes = [row for row in tables.candles.values() if row.seconds == 60]
        assert sum(row.qty for row in minutes) == 500
        assert sum(row.trades for row in minutes) == 3
        assert sum(row.trades for row in tables.turnovers.values()) == 6
        assert len(tables.trades) == 4
        verdicts = await MemorySeries(tables).verdicts(
            on.market, [(trade, 0), (second, 0), (second, 1), (second, 9)]
        )
        assert {key: row.verdict for key, row in verdicts.items()} == {
            (trade, 0): Outcome.CONFIRMED,
            (second, 0): Outcome.CONFIRMED,
            (second, 1): Outcome.FAILED,
        }
        assert verdicts[second, 1].reason == "no backing"


async def test_the_hash_is_told_as_soon_as_it_is_signed_and_where_the_transaction_is() -> None:
    """Between match and verdict a reader knows hash and block, also after a start of either."""
    async with scene() as on:
        settling = SettlementStages(on.venue.bus)
        trade = await on.trade(100)
        await on.step()
        await settling._listen()
        told = settling.of_fill(trade, 0)
        assert told is not None
        assert told.stage == SettlementStage.SENT
        (kept,) = (await on.kept.load()).transactions
        assert told.tx_hash == kept.tx_hash
        assert settling.of_fill(trade, 1) is None
        await on.chain.mine()
        await on.step()
        await settling._listen()
        mined = settling.of_fill(trade, 0)
        assert mined is not None
        assert (mined.stage, mined.block) == (SettlementStage.MINED, 1)
        await on.chain.reorganise(1, keep=False)
        await on.step()
        again = SettlementStages(on.venue.bus)
        await again._listen()
        lost = again.of_fill(trade, 0)
        assert lost is not None
        assert lost.stage == SettlementStage.RETRYING
        await on.restart()
        await again._listen()
        found = again.of_fill(trade, 0)
        assert found is not None
        assert found.stage == SettlementStage.SENT


async def test_what_is_taken_back_and_comes_again_counts_once() -> None:
    """Confirmed, undone, confirmed again: one trade in candles, with the last verdict."""
    projection = MemoryProjection()
    async with on_chain().running() as venue, history(venue, projection, HistoryConfig(2)):
        contract = Contract(venue)
        ann, bob = await contract.funded(7, 10**8), await contract.funded(8, 10**8)
        market = await contract.registered()
        await venue.placed(contract.signed(limit(ann, market, Side.BUY, 6_000, 100), 7))
        sale = contract.signed(limit(bob, market, Side.BUY, 4_000, 100, outcome=1), 8)
        trade = trade_id(0, (await venue.placed(sale)).update_id)
        for turn, outcome in enumerate((Outcome.CONFIRMED, Outcome.REVERTED, Outcome.CONFIRMED)):
            verdict = ChainVerdict(trade, 0, outcome, f"0x{turn}", "deep")
            await venue.fund(ChainReportOp(0, [verdict]))
        await caught_up(projection, venue)
        tables = projection.tables
        minutes = [row for row in tables.candles.values() if row.seconds == 60]
        assert [(row.qty, row.trades) for row in minutes] == [(100, 1)]
        verdicts = await MemorySeries(tables).verdicts(market, [(trade, 0)])
        last = verdicts[trade, 0]
        assert (last.verdict, last.tx_hash) == (Outcome.CONFIRMED, "0x2")
