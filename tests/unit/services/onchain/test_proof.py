"""What the proof of a ledger against contracts finds."""

from tests.support.desk import desk_scene

from outcry.domain.ids import COLLATERAL, SUSPENSE
from outcry.domain.ledger.effects import Effects
from outcry.domain.ledger.postings import post


async def test_what_is_in_suspense_is_in_nobodys_escrow() -> None:
    """Five micros that a version before this one suspended: the proof says so, on both sides."""
    async with desk_scene() as on:
        desk = await on.desk()
        account = await on.funded(desk, 7, 100)
        await on.agrees()
        ledger = on.venue.asset.ledger
        post(ledger, Effects(), account, SUSPENSE, COLLATERAL, 5, "reverted", 0)
        owner, suspense = (await on.proof()).findings
        assert "the ledger says 95, escrow has 100" in owner
        assert suspense.startswith("suspense, which has no address, collateral: the ledger says 5")
