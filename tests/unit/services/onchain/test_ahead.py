"""A log that is older than its contracts is noticed before anything is sent with it."""

import pytest
from tests.support.desk import DeskScene, desk_scene
from tests.support.venue import limit

from outcry.adapters.memory import MemoryBus, MemoryLedgerLog, MemoryTransactions
from outcry.adapters.simulated_chain import SimulatedChain
from outcry.domain.ids import COLLATERAL
from outcry.domain.ledger.state import Ledger
from outcry.messages.requests import WithdrawOp
from outcry.ports.chain import Block, ChainUnavailable
from outcry.runtime.fold import Fold
from outcry.runtime.ledger_recovery import fold_log
from outcry.services.onchain.ahead import Ahead, Gate, ahead
from outcry.services.onchain.config import OnchainConfig
from outcry.services.onchain.service import Onchain
from outcry_wire.records import Side


HUNDRED = 100_000_000


async def at_entry(on: DeskScene, n: int) -> Ledger:
    """Return the ledger as a backup of entry *n* would have it."""
    fold = Fold()
    await fold_log(fold, on.venue.log, n)
    return fold.ledger


async def found(ledger: Ledger, on: DeskScene) -> str:
    """Return what is found wrong with a ledger now."""
    return await ahead(ledger, on.escrow, 0, (await on.escrow.head()).number)


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
        assert await found(on.venue.asset.ledger, on) == ""
        await on.settle(request, tell=False)
        assert await found(on.venue.asset.ledger, on) == ""
        await on.settle(request)
        assert await found(on.venue.asset.ledger, on) == ""
        said = await found(await at_entry(on, before), on)
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
            assert await found(on.venue.asset.ledger, on) == ""
        said = await found(await at_entry(on, before), on)
        assert f"operation {done.id}" in said


async def test_a_gate_lets_nobody_through_before_the_node_has_answered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nobody can know while it is away; then an old log stops the senders, which send nothing."""
    async with desk_scene() as on:
        desk = await on.desk()
        ann = await on.funded(desk, 7, HUNDRED)
        await on.venue.fund(WithdrawOp(0, ann, COLLATERAL, 1_000_000, "w"))
        for _ in range(3):
            await desk.step()
            on.escrow.mine()
        old = MemoryLedgerLog()
        await old.open(0)
        gate = Gate(old, on.venue.snapshots, on.escrow, 0)
        desk._gate = gate
        onchain = Onchain(
            OnchainConfig(), bus=MemoryBus(), log=old, asset=on.venue.asset,
            chain=SimulatedChain(), transactions=MemoryTransactions(), gate=gate,
        )  # fmt: skip
        await onchain.start()
        with monkeypatch.context() as patch:
            patch.setattr(on.escrow, "head", _away)
            for sender in (onchain, desk):
                with pytest.raises(ChainUnavailable):
                    await sender.step()
        sent = desk.status()["sent_total"]
        for sender in (onchain, desk):
            await sender.step()
            assert sender.status()["halted"] == 1
            assert sender.status()["ready"] == 0
        assert desk.status()["sent_total"] == sent
        with pytest.raises(Ahead, match="operation"):
            await gate.check()


async def test_what_another_sender_settles_during_the_check_is_no_old_log(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is asked for, sent and in a block while the node answers: the log that is read knows."""
    async with desk_scene() as on:
        desk = await on.desk()
        ann, bob = await on.funded(desk, 7, HUNDRED), await on.funded(desk, 8, HUNDRED)
        market = await on.listed(desk)
        head = on.escrow.head

        async def slow() -> Block:
            await on.order(limit(ann, market, Side.BUY, 6_000, 100), 7)
            await on.order(limit(bob, market, Side.BUY, 4_000, 100, outcome=1), 8)
            (request,) = await on.requests()
            await on.settle(request, tell=False)
            return await head()

        monkeypatch.setattr(on.escrow, "head", slow)
        await Gate(on.venue.log, on.venue.snapshots, on.escrow, 0).check()


async def _away() -> Block:
    raise ChainUnavailable("away")
