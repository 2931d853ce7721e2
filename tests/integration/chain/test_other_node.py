"""Settling through another node than anvil: Hardhat's, where ``OUTCRY_HARDHAT`` says it is."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import pytest
from tests.contracts.needs import needs_tokens
from tests.support.hardhat import FOLDER, HardhatNode
from tests.support.playing import Play
from tests.support.stage import Stage
from tests.support.venue import Venue

from outcry.adapters.evm.devnet import DevNode
from outcry.domain.ledger.pending import Outcome
from outcry_wire.records import Side


pytestmark = [needs_tokens, pytest.mark.skipif(not FOLDER, reason="OUTCRY_HARDHAT names no folder")]
BUY, SELL = Side.BUY, Side.SELL


@pytest.fixture
async def on(tmp_path: Path) -> AsyncIterator[Play]:
    """Give a play on Hardhat's node."""
    made, venue = Stage(tmp_path / "unused"), Venue()
    made.node = cast("DevNode", HardhatNode(tmp_path / "node"))
    try:
        await made.begin()
        async with venue.running():
            play = Play(venue, made, tmp_path)
            yield play
            await play.first.end()
    finally:
        await made.end()


async def test_all_kinds_of_matches_settle_and_a_leg_that_cannot_is_told(on: Play) -> None:
    """Mint, transfer and merge with fees, many makers, one without escrow: equal to the micro."""
    market = await on.market(fee_version=await on.fees())
    ann, bob, carl = [await on.person(name) for name in ("ann", "bob", "carl")]
    await on.order(ann, market, BUY, 6_100, 1_000)
    await on.order(bob, market, BUY, 3_900, 1_000, outcome=1, version=1)
    await on.finish()
    for lots in (100, 133):
        await on.order(carl, market, BUY, 6_300, lots)
    await on.order(ann, market, SELL, 6_200, 233)
    await on.finish()
    await on.order(ann, market, SELL, 5_500, 400)
    await on.order(bob, market, SELL, 4_400, 400, outcome=1)
    await on.finish()
    assert set(on.outcomes().values()) == {Outcome.CONFIRMED}
    await on.agree()
    poor = await on.venue.user("poor", 10**9)
    on.people[poor] = await on.stage.person("poor", 0)
    await on.order(poor, market, BUY, 6_000, 50)
    await on.order(carl, market, BUY, 6_000, 60)
    trade = await on.order(bob, market, BUY, 4_000, 110, outcome=1)
    await on.finish()
    fills = {fill: what for (number, fill), what in on.outcomes().items() if number == trade}
    assert fills == {0: Outcome.FAILED, 1: Outcome.CONFIRMED}
