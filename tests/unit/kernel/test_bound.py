"""The fast face: commands read from one bound buffer, facts written to another."""

from typing import Protocol

import pytest
from tests.model.kernel.streams import Stream
from tests.unit.kernel.book import decode
from tests.unit.kernel.conftest import ENGINES
from tests.unit.kernel.engines import Buffer, Kernel

from outcry_wire.records import HEADER


class Bound(Kernel, Protocol):
    """A kernel with the fast face."""

    def bind(self, source: Buffer, target: bytearray | memoryview, /) -> None:
        """Bind the buffers of later calls."""

    def unbind(self) -> None:
        """Let go of the buffers."""

    def process_bound(self, offset: int, count: int, /) -> int:
        """Process part of the source; return the bytes written."""


FAST: dict[str, type[Bound]] = {
    name: engine  # type: ignore[misc]  # all but the reference book have it
    for name, engine in ENGINES.items()
    if name != "naive"
}
RECORDS = Stream(77, spoil_every=30).take(800)
STREAM = b"".join(RECORDS)


@pytest.fixture(params=list(FAST))
def engine(request: pytest.FixtureRequest) -> Bound:
    """An empty engine of each kind that has the fast face."""
    return FAST[request.param]()


def expected(engine: Bound) -> bytes:
    """Return what `process` says to the whole stream."""
    return type(engine)().process(STREAM)


def test_same_facts(engine: Bound) -> None:
    """A bound call writes what an unbound call returns."""
    facts = expected(engine)
    target = bytearray(len(facts) + 256)
    engine.bind(STREAM, target)
    assert engine.process_bound(0, len(STREAM)) == len(facts)
    assert engine.consumed == len(STREAM)
    assert target == facts + bytes(256)
    engine.check()


def test_record_by_record(engine: Bound) -> None:
    """Calls for one record each, at its place in the source, add up to the same."""
    target, offset, facts = bytearray(65_536), 0, b""
    engine.bind(STREAM, target)
    for record in RECORDS:
        written = engine.process_bound(offset, len(record))
        facts += target[:written]
        offset += engine.consumed
    assert offset == len(STREAM)
    assert facts == expected(engine)


@pytest.mark.parametrize("size", [256, 264, 400, 1_000, 5_000])
def test_small_target(engine: Bound, size: int) -> None:
    """However small the target, all facts come in order, and each of them whole."""
    target, offset, facts = bytearray(size), 0, b""
    engine.bind(STREAM, target)
    while True:
        written = engine.process_bound(offset, len(STREAM) - offset)
        decode(bytes(target[:written]))
        facts += target[:written]
        offset += engine.consumed
        if written == 0 and offset == len(STREAM):
            break
    assert facts == expected(engine)
    engine.check()


def test_pending_facts_come_first(engine: Bound) -> None:
    """What did not fit the target is returned by the next unbound call before its own facts."""
    target = bytearray(256)
    engine.bind(STREAM, target)
    written = engine.process_bound(0, len(STREAM))
    facts = bytes(target[:written]) + engine.process(STREAM[engine.consumed :])
    assert facts == expected(engine)


def test_record_cut_short(engine: Bound) -> None:
    """A record that does not fit the range is refused as in an unbound call."""
    target = bytearray(1_000)
    engine.bind(STREAM, target)
    count = len(RECORDS[0]) + 40
    assert len(RECORDS[1]) > 40
    written = engine.process_bound(0, count)
    assert bytes(target[:written]) == type(engine)().process(STREAM[:count])
    assert engine.consumed == len(RECORDS[0])


def test_nothing(engine: Bound) -> None:
    """A range of no bytes, wherever it is, writes nothing."""
    engine.bind(STREAM, bytearray(256))
    assert engine.process_bound(0, 0) == 0
    assert engine.process_bound(len(STREAM), 0) == 0
    assert engine.seq == 0


def test_bound_again(engine: Bound) -> None:
    """Other buffers may be bound at any time; once they are used, the first are free."""
    first, second = bytearray(STREAM[: len(RECORDS[0])]), bytearray(256)
    engine.bind(first, second)
    engine.process_bound(0, len(first))
    engine.bind(STREAM, bytearray(1_000))
    engine.process_bound(len(RECORDS[0]), len(RECORDS[1]))
    first.clear()
    second.clear()
    assert engine.seq == HEADER.unpack(RECORDS[1][: HEADER.size])[4]


def test_bound_buffers_do_not_move(engine: Bound) -> None:
    """A bound buffer cannot be resized under the engine, and can be once it lets go."""
    source, target = bytearray(STREAM), bytearray(256)
    engine.bind(source, target)
    with pytest.raises(BufferError):
        target.extend(b"x")
    with pytest.raises(BufferError):
        source.clear()
    engine.unbind()
    target.extend(b"x")
    source.clear()


@pytest.mark.parametrize("arguments", [(-8, 8), (0, -8), (4, 8), (0, 12), (0, 2**40), (2**40, 0)])
def test_ranges_outside(engine: Bound, arguments: tuple[int, int]) -> None:
    """A range that is not inside the source, or not in whole words, raises."""
    engine.bind(STREAM, bytearray(256))
    with pytest.raises(ValueError, match="range"):
        engine.process_bound(*arguments)


def test_unbound(engine: Bound) -> None:
    """Without buffers there is nothing to process, before binding and after letting go."""
    with pytest.raises(ValueError, match="bound"):
        engine.process_bound(0, 0)
    engine.bind(STREAM, bytearray(256))
    engine.unbind()
    with pytest.raises(ValueError, match="bound"):
        engine.process_bound(0, 0)


def test_targets_that_cannot_be(engine: Bound) -> None:
    """A target must be writable and hold the longest record."""
    with pytest.raises(ValueError, match="255"):
        engine.bind(STREAM, bytearray(255))
    with pytest.raises((BufferError, TypeError)):
        engine.bind(STREAM, memoryview(bytes(256)))
