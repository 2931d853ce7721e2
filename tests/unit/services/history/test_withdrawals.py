"""Withdrawals in the tables: each once, as far as it has come, whoever wrote the tables before."""

from tests.support.escrow import Contract, address, on_chain
from tests.unit.services.history.test_history import caught_up, history

from outcry.adapters.memory import MemoryProjection
from outcry.domain.ids import COLLATERAL, token_asset
from outcry.messages.happenings import Happened
from outcry.messages.requests import CheckpointOp, SplitOp, WithdrawOp
from outcry.ports.rows import Payment
from outcry.services.history.catalog import Catalog


HUNDRED = 100_000_000
LOT = 10_000


async def test_a_withdrawal_waits_is_paid_or_fails() -> None:
    """Money and tokens; a split is none. What began before a restart of history ends after it."""
    projection = MemoryProjection()
    async with on_chain().running() as venue:
        contract = Contract(venue)
        ann = await contract.funded(7, HUNDRED)
        market = await contract.registered()
        yes = token_asset(market, 0)
        async with history(venue, projection):
            split = await venue.fund(SplitOp(0, ann, market, 1_000, "s"))
            condition = contract.condition(market)
            await contract.says(Happened.SPLIT, address(7), condition, 1_000 * LOT, split.id)
            money = await venue.fund(WithdrawOp(0, ann, COLLATERAL, 5_000_000, "money"))
            tokens = await venue.fund(WithdrawOp(0, ann, yes, 300, "tokens"))
            await caught_up(projection, venue)
            rows = projection.tables.withdrawals
            assert set(rows) == {money.id, tokens.id}
            assert (rows[money.id].amount, rows[money.id].status) == (5_000_000, Payment.WAITING)
        async with history(venue, projection):
            await contract.says(Happened.PAID_OUT, address(7), "0", 5_000_000, money.id)
            await contract.gives_up(tokens.id, "not enough in escrow")
            await venue.fund(CheckpointOp(0))
            await caught_up(projection, venue)
        paid, failed = rows[money.id], rows[tokens.id]
        assert (paid.status, paid.tx_hash) == (Payment.PAID, f"0x{contract.block:x}")
        assert paid.ended_at_us >= paid.begun_at_us > 0
        assert (failed.asset, failed.status) == (yes, Payment.FAILED)
        assert failed.reason == "not enough in escrow"


def test_a_catalog_from_before_withdrawals_is_read() -> None:
    """A checkpoint of an earlier version has two fields: nobody has to fold the log anew for it."""
    assert Catalog.unpack(b"\x92\x80\x80").withdrawal_row(1) is None
