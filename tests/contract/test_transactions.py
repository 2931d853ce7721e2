"""The port `Transactions`, over every adapter."""

from pathlib import Path

import pytest

from outcry.adapters.files import FileTransactions
from outcry.adapters.memory import MemoryTransactions
from outcry.ports.transactions import Stored, Transaction, Transactions


def signed(trade_id: int, nonce: int = 0) -> Transaction:
    """Return a transaction of a trade."""
    return Transaction(trade_id, (0, 1), nonce, f"0x{nonce:x}", b"raw" * 100)


class World:
    """Transactions, and how their process dies."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.kept: Transactions = FileTransactions(path) if path else MemoryTransactions()

    def again(self) -> Transactions:
        """Return them as the next process finds them."""
        return FileTransactions(self.path) if self.path else self.kept


@pytest.fixture(params=["memory", "file"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> World:
    """Give each kind."""
    return World(tmp_path / "onchain" / "kept" if request.param == "file" else None)


async def test_what_was_saved_is_there_in_order(world: World) -> None:
    """After each save everything until then is loaded, by this process or the next."""
    assert await world.kept.load() == Stored(0, [])
    saved = []
    for nonce in range(5):
        saved += [signed(7, nonce), signed(8, nonce)]
        await world.kept.save(saved[-2:])
        assert await world.again().load() == Stored(0, saved)


async def test_keeping_forgets_what_is_final(world: World) -> None:
    """Only the named trades stay, the mark moves, and saving goes on."""
    await world.kept.save([signed(7), signed(8), signed(9)])
    await world.kept.keep(41, {8})
    assert await world.again().load() == Stored(41, [signed(8)])
    await world.kept.save([signed(10)])
    assert await world.again().load() == Stored(41, [signed(8), signed(10)])


@pytest.mark.parametrize("lost", [1, 100, 305])
async def test_a_save_that_never_returned_is_left_out(tmp_path: Path, lost: int) -> None:
    """Whatever of the last frame is missing: the ones before are there, and saving goes on."""
    path = tmp_path / "kept"
    kept = FileTransactions(path)
    await kept.save([signed(7)])
    await kept.save([signed(8)])
    path.write_bytes(path.read_bytes()[:-lost])
    again = FileTransactions(path)
    assert await again.load() == Stored(0, [signed(7)])
    await again.save([signed(9)])
    assert await FileTransactions(path).load() == Stored(0, [signed(7), signed(9)])
