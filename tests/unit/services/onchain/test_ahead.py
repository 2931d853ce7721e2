"""A log that is older than its contracts is noticed before anything is sent with it."""

from tests.support.desk import DeskScene, desk_scene
from tests.support.venue import limit

from outcry.domain.ids import COLLATERAL
from outcry.domain.ledger.state import Ledger
from outcry.messages.requests import WithdrawOp
from outcry.runtime.fold import Fold
from outcry.runtime.ledger_recovery import fold_log
from outcry.services.onchain.ahead import ahead
from outcry_wire.records import Side


HUNDRED = 100_000_000


async def at_entry(on: DeskScene, n: int) -> Ledger:
    """Return the ledger as a backup of entry *n* would have it."""
    fold = Fold()
    await fold_log(fold, on.venue.log, n)
    return fold.ledger


async def test_an_old_log_beside_contracts_that_settled_more_is_refused() -> None:
    """Pending, settled, told: the log knows the trade. One from before it was matched does not."""
    async with desk_scene() as on:
        desk = await on.desk()
        ann, bob = await on.funded(desk, 7, HUNDRED), await on.funded(desk, 8, HUNDRED)
        market = await on.listed(desk)
        before = await on.venue.log.head()
        await on.order(limit(ann, market, Side.BUY, 6_000, 100), 7)
        await on.order(limit(bob, market, Side.BUY, 4_000, 100, outcome=1), 8)
        (request,) = await on.requests()
        assert await ahead(on.venue.asset.ledger, on.escrow, 0) == ""
        await on.settle(request, tell=False)
        assert await ahead(on.venue.asset.ledger, on.escrow, 0) == ""
        await on.settle(request)
        assert await ahead(on.venue.asset.ledger, on.escrow, 0) == ""
        said = await ahead(await at_entry(on, before), on.escrow, 0)
        assert f"part 0 of trade {request.trade_id}" in said


async def test_an_old_log_beside_contracts_that_paid_more_is_refused() -> None:
    """A payment that the backup never began has a number that it would give away again."""
    async with desk_scene() as on:
        desk = await on.desk()
        ann = await on.funded(desk, 7, HUNDRED)
        before = await on.venue.log.head()
        done = await on.venue.fund(WithdrawOp(0, ann, COLLATERAL, 1_000_000, "w"))
        for _ in range(3):
            await desk.step()
            on.escrow.mine()
            assert await ahead(on.venue.asset.ledger, on.escrow, 0) == ""
        said = await ahead(await at_entry(on, before), on.escrow, 0)
        assert f"operation {done.id}" in said
