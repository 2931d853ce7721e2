"""Bodies of log entries as they are stored: compressed by us, where that pays.

PostgreSQL would compress them too, with its own algorithm, at 17 times the cost and not as small:
that was half of what it spent on a request. The checksum is of the body itself.
"""

import zlib
from typing import Final

import zstandard

from outcry.domain.errors import CorruptError


#: Smaller bodies are stored as they are: they fit into the row.
COMPRESS_BYTES_MIN: Final = 1_024
#: Cheapest level; the higher ones save little on bodies of fixed-width records.
LEVEL: Final = 1
#: How a compressed body begins (RFC 8878, section 3.1.1); an entry begins with a msgpack array.
_MAGIC: Final = zstandard.FRAME_HEADER

_compressor: Final = zstandard.ZstdCompressor(level=LEVEL)
_decompressor: Final = zstandard.ZstdDecompressor()


def stored(body: bytes) -> bytes:
    """Return *body* as the log stores it."""
    return _compressor.compress(body) if len(body) >= COMPRESS_BYTES_MIN else body


def checksum(body: bytes) -> int:
    """Return the CRC-32 that is stored beside *body*."""
    return zlib.crc32(body)


def restored(n: int, data: bytes, crc: int) -> bytes:
    """Return the body of entry *n*; raises `CorruptError` when it is not what was appended."""
    try:
        body = _decompressor.decompress(data) if data.startswith(_MAGIC) else data
    except zstandard.ZstdError as error:
        raise CorruptError(f"log entry {n} does not decompress: {error}") from error
    if checksum(body) != crc:
        raise CorruptError(f"log entry {n} of {len(body)} bytes fails its checksum")
    return body
