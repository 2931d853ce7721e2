"""Bodies of log entries on their way into PostgreSQL and back."""

import random
import zlib

import pytest

from outcry.adapters.postgres.bodies import COMPRESS_BYTES_MIN, checksum, restored, stored
from outcry.domain.errors import CorruptError
from outcry.messages.entry import ENTRY_VERSION, Entry, pack_entry


LARGE = b"outcry" * COMPRESS_BYTES_MIN


@pytest.mark.parametrize("size", [0, 1, COMPRESS_BYTES_MIN - 1, COMPRESS_BYTES_MIN, 100_000])
def test_a_body_comes_back_as_it_was(size: int) -> None:
    """Whatever its size, and whether or not it compresses."""
    for body in (bytes(size), random.Random(size).randbytes(size)):
        assert restored(1, stored(body), checksum(body)) == body


def test_large_bodies_are_stored_smaller() -> None:
    """A body of records takes a fraction of its size; a small one is stored as it is."""
    assert len(stored(LARGE)) < len(LARGE) / 10
    assert stored(LARGE[: COMPRESS_BYTES_MIN - 1]) == LARGE[: COMPRESS_BYTES_MIN - 1]


def test_bodies_that_were_stored_plain_stay_readable() -> None:
    """Rows older than the compression are told from newer ones by how they begin."""
    assert restored(1, LARGE, zlib.crc32(LARGE)) == LARGE
    assert pack_entry(Entry(ENTRY_VERSION, 0, [], []))[0] in range(0x90, 0xA0)


def test_any_damaged_byte_is_noticed() -> None:
    """No single byte of what is stored may change without `CorruptError`."""
    body = random.Random(7).randbytes(300) * 10
    data, crc = stored(body), checksum(body)
    for place in range(len(data)):
        damaged = bytearray(data)
        damaged[place] ^= 0x55
        with pytest.raises(CorruptError):
            restored(1, bytes(damaged), crc)
