"""The parts of the fast kernel by themselves, interpreted: their invariants at the edges."""

import re
from pathlib import Path
from random import Random

import pytest

from outcry import kernel
from outcry.kernel import constants, shard
from outcry.kernel.bits import (
    above,
    below,
    bit,
    highest,
    lowest,
    reciprocal_of,
    signed_word,
)
from outcry.kernel.constants import (
    ACCOUNTS_MIN,
)
from outcry.kernel.ladder import mark, slot_at_or_above, slot_at_or_below, slot_of, unmark
from outcry.kernel.layout import Book, new_bits
from outcry.kernel.pool import find_account, open_account
from outcry.kernel.window import floor_to, gcd
from outcry_wire import records, rejects, snapshot


KERNEL = Path(constants.__file__).parent
#: Prefixes of our constants and the enumeration of the wire that each stands for.
WIRE = {
    "REJECT_": rejects.Reject,
    "CANCELLED_": records.CancelReason,
    "REDUCED_": records.ReduceReason,
    "KIND_": records.OrderKind,
    "TIF_": records.TimeInForce,
    "STP_": records.SelfTrade,
    "STATE_": records.InstrumentState,
    "MATCH_": records.MatchKind,
}


def test_constants_are_those_of_c() -> None:
    """C and Python have the same constants with the same values."""
    text = (KERNEL / "constants.pxd").read_text("utf-8")
    in_c = {
        name: int(value, 0)
        for name, value in re.findall(r"^    (\w+) = (\w+)$", text, re.MULTILINE)
    }
    in_python = {n: v for n, v in vars(constants).items() if n.isupper() and isinstance(v, int)}
    in_python.pop("WIRE_LAST_OF_SEQ")
    in_python.pop("WIRE_WAS_RESTING")
    in_python.pop("HEADER_SIZE")
    in_python.pop("RULES_VERSION")
    assert in_c == in_python


@pytest.mark.parametrize("prefix", WIRE)
def test_constants_are_those_of_the_wire(prefix: str) -> None:
    """Each constant of the kernel has the number that the wire gives it."""
    names = [name for name in vars(constants) if name.startswith(prefix)]
    assert names
    for name in names:
        assert getattr(constants, name) == WIRE[prefix][name.removeprefix(prefix)]


def test_sizes_of_commands() -> None:
    """The table of command sizes knows exactly the commands and their lengths."""
    commands = {k: v.size for k, v in records.LAYOUTS.items() if k < records.FIRST_FACT}
    sizes = shard.boot(0).sizes
    assert {number: size for number, size in enumerate(sizes) if size >= 0} == commands


def test_literals_of_c() -> None:
    """The large numbers that stand as text in layout.pxd are those of the wire."""
    text = (KERNEL / "layout.pxd").read_text("utf-8")
    assert f"0x{int.from_bytes(snapshot.SNAPSHOT_MAGIC, 'little'):X}LL" in text
    assert "0xCBF29CE484222325ULL" in text


@pytest.mark.parametrize("place", [0, 1, 31, 32, 62, 63])
def test_bits(place: int) -> None:
    """Masks are exact at both ends of a word, and never longer than one."""
    word = bit(place)
    assert lowest(word) == highest(word) == place
    assert below(place) + word + above(place) == 2**64 - 1
    assert lowest(above(place) | 2**64) == place + 1 if place < 63 else above(place) == 0
    assert signed_word(2**63) == -(2**63)


@pytest.mark.parametrize("grain", [1, 3, 10, 25, 1000, 9999])
def test_reciprocal_is_exact(grain: int) -> None:
    """Multiplying by the reciprocal is division for every price of a market."""
    factor = reciprocal_of(grain)
    assert all((price * factor) >> 32 == price // grain for price in range(10_001))


@pytest.mark.parametrize("price", [-11, -10, -1, 0, 1, 9, 10, 11])
def test_floor_and_gcd(price: int) -> None:
    """Rounding goes down on both sides of 0, and a gcd is positive."""
    assert floor_to(price, 10) <= price < floor_to(price, 10) + 10
    assert floor_to(price, 10) % 10 == 0
    assert gcd(10, price) > 0
    assert 10 % gcd(10, price) == 0 == price % gcd(10, price)


def occupancy_of(slots: int) -> Book:
    """Return a book with room for marks."""
    book = Book()
    book.slots = slots
    book.middle = (slots + 63) >> 6
    book.top = book.middle + ((book.middle + 63) >> 6)
    book.occupancy = new_bits(book.top + 1)
    return book


@pytest.mark.parametrize("slots", [1, 63, 64, 65, 999, 4096, 4097, 9999, 65_536])
def test_occupancy_finds_the_next_slot(slots: int) -> None:
    """Search up and down agrees with looking at every slot, with few and with many marks."""
    random, book = Random(slots), occupancy_of(slots)
    marked: set[int] = set()
    for step in range(300):
        slot = random.choice((0, slots - 1, random.randrange(slots)))
        (unmark if slot in marked else mark)(book, slot)
        marked ^= {slot}
        asked = random.randrange(slots)
        assert slot_at_or_below(book, asked) == max((s for s in marked if s <= asked), default=-1)
        assert slot_at_or_above(book, asked) == min((s for s in marked if s >= asked), default=-1)
        if step == 200:
            for other in sorted(marked):
                unmark(book, other)
            marked.clear()
    assert slot_of(book, 0) == -1


def test_accounts_without_orders_are_swept() -> None:
    """The table of accounts is bounded by those with orders, however many were seen."""
    core = shard.boot(0)
    kept = open_account(core, -7)
    core.nodes[kept].orders = 1
    for account in range(10_000):
        open_account(core, account)
    assert core.account_mask < ACCOUNTS_MIN
    assert find_account(core, -7) == kept


def test_an_engine_at_work_refuses_other_threads() -> None:
    """While one thread is in a bound call, every other call says so instead of touching memory."""
    engine = kernel.interpreted().Engine()
    engine.is_running = True
    for ask in (engine.snapshot, engine.check, engine.state_hash, engine.unbind):
        with pytest.raises(RuntimeError, match="another thread"):
            ask()
    for ask in (engine.process, engine.top, engine.orders, engine.book_hash, engine.queue_position):
        with pytest.raises(RuntimeError, match="another thread"):
            ask(b"")


def test_an_engine_that_is_read_refuses_to_change() -> None:
    """While one thread takes a snapshot, others may take one, too, and nothing else."""
    engine = kernel.interpreted().Engine()
    before = engine.snapshot()
    engine.reading = 1
    with pytest.raises(RuntimeError, match="another thread"):
        engine.process(b"")
    assert engine.snapshot() == before
    engine.reading = 0
    assert engine.process(b"") == b""
