"""What was believed survives reorganisations and restarts, with the block it is in now."""

import pytest
from tests.support.settling import CONFIRMATIONS, Scene, scene

from outcry.domain.ledger.pending import Outcome
from outcry.messages.chain_records import ChainCursor, ChainResult, ChainReverted
from outcry.messages.chain_requests import ChainReportOp
from outcry.ports.chain import Block
from outcry.ports.ledger_log import LogUnavailable
from outcry.services.onchain.believed import REPORTS_COUNT_MAX, Believed, Place, Report
from outcry.services.onchain.parts import Parts


async def twice_confirmed(on: Scene) -> tuple[int, int]:
    """Two trades that are believed, in blocks of their own."""
    first = await on.trade(1_000)
    await on.finish()
    await on.chain.mine(4)
    second = await on.trade(500)
    await on.finish()
    await on.chain.mine(CONFIRMATIONS)
    await on.step()
    return first, second


async def test_a_second_deep_reorganisation_after_a_restart_takes_back_what_the_first_kept() -> (
    None
):
    """Kept in another block by the first, lost by the second: reverted, though it was restarted."""
    async with scene() as on:
        first, second = await twice_confirmed(on)
        await on.chain.reorganise(9, keep=True)
        await on.step(2)
        assert set(on.outcomes().values()) == {Outcome.CONFIRMED}
        for _ in range(CONFIRMATIONS + 3):
            await on.chain.mine()
            await on.step()
        await on.restart()
        events = await on.chain.events(await on.chain.blocks(0, 100))
        last = next(event for event in events if event.trade_id == second)
        head = await on.chain.head()
        await on.chain.reorganise(head.number - last.block.number + 1, keep=False)
        await on.step()
        outcomes = on.outcomes()
        gone = {trade for trade, _ in await on.settled()} ^ {first, second}
        assert second in gone
        assert {trade for (trade, _), o in outcomes.items() if o == Outcome.REVERTED} == gone
        assert on.onchain is not None
        assert on.onchain.status()["halted"]


async def test_what_a_deep_reorganisation_kept_is_lost_by_a_shallow_one() -> None:
    """Kept in a young block, which then disappears: the promise is broken all the same, loudly."""
    async with scene() as on:
        await twice_confirmed(on)
        await on.chain.reorganise(12, keep=True)
        await on.step(2)
        events = await on.chain.events(await on.chain.blocks(0, 100))
        head = await on.chain.head()
        depth = head.number - events[-1].block.number + 1
        await on.chain.reorganise(depth, keep=False)
        await on.step()
        assert on.onchain is not None
        assert on.onchain.status()["halted"]
        assert Outcome.REVERTED in on.outcomes().values()


async def test_a_reorganisation_that_keeps_all_moves_the_ledgers_position_back() -> None:
    """The log says from where the chain is another one, so a restart reads it from there."""
    async with scene() as on:
        await twice_confirmed(on)
        before = on.venue.asset.ledger.chain.cursor
        await on.chain.reorganise(9, keep=True)
        await on.step()
        assert on.venue.asset.ledger.chain.cursor < before


def test_reverted_fills_are_forgotten_and_kept_ones_are_to_be_looked_for() -> None:
    """A position that goes back displaces what was confirmed above it; the fold says the same."""
    believed = Believed()
    for n, block in ((1, 10), (2, 20)):
        result = ChainResult(0, 0, n, 0, confirmed=True, tx_hash=f"0x{n}", reason="")
        believed.apply(n, [result, ChainCursor(0, 0, block, 0, f"h{block}")])
    extra = ChainResult(0, 0, 3, 0, confirmed=True, tx_hash="0x3", reason="")
    believed.apply(3, [extra, ChainCursor(0, 0, 30, 0, "h30")])
    believed.apply(4, [ChainReverted(0, 0, 3, 0, "0x3", "gone"), ChainCursor(0, 0, 15, 0, "h15")])
    assert believed.cursor == 15
    assert believed.displaced() == [((2, 0), Place(2, "0x2", 16, None))]
    believed.found((2, 0), 17)
    assert believed.places[2, 0] == Place(2, "0x2", 17, 17)
    assert believed.places[1, 0].block == 10


def test_reports_of_long_ago_are_forgotten_with_what_they_confirmed() -> None:
    """What is kept is bounded, and the newest reports are among it."""
    believed = Believed()
    for n in range(1, 4 * REPORTS_COUNT_MAX):
        result = ChainResult(0, 0, n, 0, confirmed=True, tx_hash=f"0x{n}", reason="")
        believed.apply(n, [result, ChainCursor(0, 0, n, 0, str(Block(n, "h")))])
    assert REPORTS_COUNT_MAX <= len(believed.reports) < 2 * REPORTS_COUNT_MAX
    assert len(believed.places) == len(believed.reports)
    assert believed.cursor == 4 * REPORTS_COUNT_MAX - 1


def test_what_is_needed_at_the_next_start_begins_where_requests_were_taken() -> None:
    """A report may stand behind requests that nobody has read yet: they are read then."""
    parts = Parts()
    parts.believed.report(Report(92, 1, "0x1"), {})
    assert parts.mark(83) == 83
    assert parts.mark(95) == 91


def test_who_needs_nothing_begins_behind_what_was_taken() -> None:
    """With nothing open and nothing believed all that was taken may be left out next time."""
    assert Parts().mark(5) == 5


async def test_what_is_open_outlives_a_log_that_breaks_while_it_is_read_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Somebody else reported, the log could not be read, and a stop came: nothing is lost."""
    async with scene() as on:
        await on.step()
        await on.trade(1_000)
        await on.finish()
        await on.trade(500)
        await on.step(3)
        cursor = on.venue.asset.ledger.chain.cursor
        await on.venue.fund(ChainReportOp(0, [], cursor[0] + 1, 0, "0xother"))
        await on.chain.mine(CONFIRMATIONS + 1)
        settler = on.onchain
        assert settler is not None

        async def breaks() -> int:
            raise LogUnavailable("the database starts again")

        with monkeypatch.context() as broken:
            broken.setattr(on.venue.log, "head", breaks)
            with pytest.raises(LogUnavailable):
                await settler.step()
            await settler.stop()
        await on.restart()
        for _ in range(2 * CONFIRMATIONS + 6):
            await on.chain.mine()
            await on.step()
        assert on.pending == []
        assert set(on.outcomes().values()) == {Outcome.CONFIRMED}
