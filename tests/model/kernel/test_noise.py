"""Bytes that nobody meant: no engine ever raises, and all make the same of them."""

from random import Random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.model.kernel.lockstep import ENGINES, PATIENT, Lockstep
from tests.model.kernel.streams import Stream
from tests.unit.kernel.book import decode

from outcry_wire.records import LAYOUTS, RecordType


COMMANDS = [kind for kind in RecordType if kind < RecordType.ORDER_PLACED]


@settings(PATIENT, max_examples=120)
@given(st.lists(st.binary(max_size=200), max_size=4))
@example([b""])
@example([bytes(31), bytes(32), bytes(33)])
@example([b"\xff" * 200])
def test_random_bytes(chunks: list[bytes]) -> None:
    """Random bytes give the same well-formed facts from every engine."""
    lockstep = Lockstep()
    for chunk in chunks:
        facts = decode(lockstep.process(chunk))
        assert bool(facts) == bool(chunk)
        lockstep.compare()


@st.composite
def framed(draw: st.DrawFn) -> bytes:
    """Draw a record with a sound frame and any content."""
    kind = draw(st.sampled_from(COMMANDS))
    size = LAYOUTS[kind].size
    content = draw(st.binary(min_size=size - 4, max_size=size - 4))
    return bytes([kind, 0]) + size.to_bytes(2, "little") + content


@settings(PATIENT, max_examples=120)
@given(st.lists(framed(), max_size=8))
def test_random_content(records: list[bytes]) -> None:
    """Whole records of random content are all carried out or refused by their own rules."""
    lockstep = Lockstep()
    lockstep.process(b"".join(Stream(1).take(30)))
    facts = decode(lockstep.process(b"".join(records)))
    assert sum(fact.flags & 1 for fact in facts) == len(records)
    lockstep.compare()


@pytest.mark.parametrize("seed", range(8))
def test_damaged_streams(lockstep: Lockstep, seed: int) -> None:
    """Streams with bytes changed, lost and inserted are read alike by every engine."""
    random, stream = Random(seed), Stream(seed)
    lockstep.process(b"".join(stream.take(100)))
    for _ in range(60):
        data = bytearray(b"".join(stream.take(12)))
        for _ in range(random.randrange(1, 4)):
            at = random.randrange(len(data))
            match random.randrange(4):
                case 0:
                    del data[at : at + random.choice((1, 8, 32))]
                case 1:
                    data[at:at] = random.randbytes(random.choice((1, 8, 32)))
                case _:
                    data[at] = random.choice((0, 1, 127, 128, 255, data[at] ^ 1))
        lockstep.process(bytes(data))
        lockstep.compare()


@settings(PATIENT, max_examples=80)
@given(st.data())
def test_random_snapshots(data: st.DataObject) -> None:
    """A damaged snapshot restores in no engine or in all, and then to the same state."""
    lockstep = Lockstep()
    lockstep.process(b"".join(Stream(5).take(120)))
    snapshot = bytearray(lockstep.compare_snapshots())
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(snapshot) - 1))
        snapshot[at] = data.draw(st.integers(0, 255))
    outcomes = set()
    for engine_class in ENGINES.values():
        try:
            restored = engine_class.restore(bytes(snapshot))
        except ValueError:
            outcomes.add("refused")
        else:
            restored.check()
            assert restored.snapshot() == snapshot
            outcomes.add("restored")
    assert len(outcomes) == 1
