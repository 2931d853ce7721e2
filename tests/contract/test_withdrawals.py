"""Withdrawals in the tables: the laws of writer and readers, for every adapter."""

from tests.contract.rows import NO_ROWS, WITHDRAWAL
from tests.contract.worlds import TablesWorld

from outcry.ports.rows import Payment


ME, OTHER = 1_001, 1_002


async def test_withdrawals_of_an_account_by_status(tables_world: TablesWorld) -> None:
    """Newest first and in pages; of one status or of any; nobody else's."""
    rows = [WITHDRAWAL._replace(withdrawal_id=i, account=ME, status=i % 3) for i in range(1, 7)]
    other = WITHDRAWAL._replace(withdrawal_id=9, account=OTHER)
    await tables_world.projection.apply(1, 1, NO_ROWS._replace(withdrawals=[*rows, other]))
    page = await tables_world.queries.withdrawals(ME, -1, page=2, page_size=4)
    assert ([row.withdrawal_id for row in page.rows], page.total) == ([2, 1], 6)
    paid = await tables_world.queries.withdrawals(ME, Payment.PAID, page=1, page_size=4)
    assert ([row.withdrawal_id for row in paid.rows], paid.total) == ([4, 1], 2)
