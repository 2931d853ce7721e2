"""The public books are a fold of facts: after every command they are what the kernel shows."""

import pytest
from tests.model.kernel.streams import Stream

from outcry.domain.levels import LevelBook, LevelBooks
from outcry.kernel.naive import NaiveEngine
from outcry.messages.level_snapshots import levels_of_kernel, pack_levels, unpack_levels
from outcry.messages.record_bodies import iter_records
from outcry_wire.records import RecordType


def content(book: LevelBook) -> tuple[dict[int, int], dict[int, int]]:
    """Return both sides of *book*."""
    return book.bids, book.asks


def of_kernel(kernel: NaiveEngine, market_id: int) -> tuple[dict[int, int], dict[int, int]]:
    """Return both sides of the kernel's book."""
    bids, asks = (
        {price: lots for price, lots, _ in kernel.levels(market_id, side, 10_000)}
        for side in (0, 1)
    )
    return bids, asks


@pytest.mark.parametrize("seed", range(12))
def test_levels_are_the_kernels_after_every_command(seed: int) -> None:
    """Levels, states and update ids follow the kernel command by command, whatever is sent."""
    stream, kernel, levels = Stream(seed), NaiveEngine(), LevelBooks()
    shown: dict[int, tuple[dict[int, int], dict[int, int]]] = {}
    for record in stream.take(1_500):
        for fact in iter_records(kernel.process(record)):
            levels.apply(fact)
        changed = {change.market_id: change for change in levels.take_changes()}
        for market_id, book in levels.books.items():
            now = of_kernel(kernel, market_id)
            assert content(book) == now
            if market_id not in changed:
                assert now == shown[market_id]
            else:
                assert changed[market_id].update_id == book.update_id == kernel.seq
            shown[market_id] = now
        assert levels.seq == kernel.seq


@pytest.mark.parametrize("seed", range(4))
def test_changes_rebuild_the_books(seed: int) -> None:
    """Who sets levels as each change says has the books; fills and ids are complete."""
    stream, kernel, levels = Stream(seed), NaiveEngine(), LevelBooks()
    copies: dict[int, LevelBook] = {}
    fills = 0
    for _ in range(150):
        traded = 0
        for fact in iter_records(kernel.process(b"".join(stream.take(7)))):
            levels.apply(fact)
            traded += fact[0] == RecordType.TRADED
        for change in levels.take_changes():
            copy = copies.setdefault(change.market_id, LevelBook(change.market_id))
            assert change.prev_update_id == copy.update_id < change.update_id
            for bid, price, lots in change.levels:
                copy.set_level(bid=bid, price=price, lots=lots)
            copy.update_id = change.update_id
            traded -= len(change.fills)
            fills += len(change.fills)
            if change.fills:
                assert levels.books[change.market_id].last_price == change.fills[-1].price
        assert traded == 0
        assert {m: content(c) for m, c in copies.items()} == {
            m: content(b) for m, b in levels.books.items()
        }
    assert fills > 100


@pytest.mark.parametrize("seed", range(4))
def test_snapshots_restore_the_books(seed: int) -> None:
    """Public snapshots hold everything; kernel snapshots hold levels, states and the seq."""
    stream, kernel, levels = Stream(seed), NaiveEngine(), LevelBooks()
    for fact in iter_records(kernel.process(b"".join(stream.take(800)))):
        levels.apply(fact)
    restored = unpack_levels(pack_levels(levels))
    of_orders = levels_of_kernel(kernel.snapshot())
    assert restored.seq == of_orders.seq == levels.seq
    assert restored.books.keys() == of_orders.books.keys() == levels.books.keys()
    for market_id, book in levels.books.items():
        for other in (restored.books[market_id], of_orders.books[market_id]):
            assert (other.state, content(other)) == (book.state, content(book))
        same = restored.books[market_id]
        assert (same.update_id, same.at_us, same.last_price) == (
            book.update_id,
            book.at_us,
            book.last_price,
        )
        assert of_orders.books[market_id].update_id >= book.update_id
