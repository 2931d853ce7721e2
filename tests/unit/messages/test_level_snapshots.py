"""Snapshots of public books refuse what they are not."""

import pytest
from tests.model.kernel.streams import Stream

from outcry.domain.errors import CorruptError
from outcry.domain.levels import LevelBooks
from outcry.kernel.naive import NaiveEngine
from outcry.messages.level_snapshots import levels_of_kernel, pack_levels, unpack_levels


@pytest.mark.parametrize("body", [b"", b"\x00", b"\x93\x01\x02\x03"])
def test_other_bytes_are_no_levels(body: bytes) -> None:
    """Bytes that are no public snapshot are corrupt, not an empty book."""
    with pytest.raises(CorruptError):
        unpack_levels(body)


def test_empty_books_are_a_snapshot_too() -> None:
    """An exchange without markets restores to one without markets."""
    assert unpack_levels(pack_levels(LevelBooks(7))).seq == 7


def test_a_cut_kernel_snapshot_is_corrupt() -> None:
    """A kernel snapshot that lost its end, or is none, is refused."""
    kernel = NaiveEngine()
    kernel.process(b"".join(Stream(1).take(200)))
    body = kernel.snapshot()
    for damaged in (body[:-1], body[:40], b"X" + body[1:], b""):
        with pytest.raises(CorruptError):
            levels_of_kernel(damaged)
