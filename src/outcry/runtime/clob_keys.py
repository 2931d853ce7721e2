"""Keys of the CLOB surface, derived from the master key: nothing secret is stored.

The ledger knows a key by its number, generation and label, like every other one. Its name for
clients is a UUID of version 8 (RFC 9562): 48 bits of number, 12 of generation, 62 that only the
exchange can make. Secret and passphrase come from the same derivation.
"""

from base64 import urlsafe_b64encode
from hmac import compare_digest
from typing import Final, NamedTuple
from uuid import UUID

from outcry.runtime.api_keys import KeyName, KeyRing
from outcry.runtime.bounded import Bounded


#: Labels of keys in the ledger: what a key is for is part of it.
CLOB: Final = "clob"
TRADING: Final = "clob/"
READONLY: Final = "clob-readonly"
BUILDER: Final = "clob-builder"

NUMBER_LIMIT: Final = 1 << 48
GENERATION_LIMIT: Final = 1 << 12
CACHE_COUNT_MAX: Final = 10_000
_TAG_BITS: Final = 62
_TAG_BYTES: Final = 8
_SECRET_BYTES: Final = 32
_VERSION: Final = 8


class Credentials(NamedTuple):
    """What the holder of a key is given."""

    #: A UUID.
    api_key: str
    #: 32 bytes in URL-safe base64.
    secret: str
    #: 64 hexadecimal digits.
    passphrase: str


class ClobKeys:
    """Makes and recognises keys."""

    def __init__(self, ring: KeyRing) -> None:
        """Derive from the master key of *ring*."""
        self._ring = ring
        self._known: Bounded[KeyName, Credentials] = Bounded(CACHE_COUNT_MAX)

    def credentials(self, name: KeyName) -> Credentials:
        """Return what the holder of *name* is given."""
        known = self._known.get(name)
        if known is None:
            known = self._derive(name)
            self._known.put(name, known)
        return known

    def recognise(self, api_key: str) -> KeyName | None:
        """Return which key this UUID is, None when it is none of ours."""
        name = named(api_key)
        if name is None or not compare_digest(self.credentials(name).api_key, api_key.lower()):
            return None
        return name

    def _derive(self, name: KeyName) -> Credentials:
        info = f"clob-key/{name.key_id}/{name.generation}"
        bytes_ = self._ring.derived(info, _TAG_BYTES + 2 * _SECRET_BYTES)
        tag = int.from_bytes(bytes_[:_TAG_BYTES], "big") >> (8 * _TAG_BYTES - _TAG_BITS)
        number = name.key_id << 80 | _VERSION << 76 | name.generation << 64 | 2 << _TAG_BITS | tag
        secret, passphrase = bytes_[_TAG_BYTES:-_SECRET_BYTES], bytes_[-_SECRET_BYTES:]
        return Credentials(
            str(UUID(int=number)), urlsafe_b64encode(secret).decode(), passphrase.hex()
        )


def named(api_key: str) -> KeyName | None:
    """Return which key *api_key* says that it is, whether that is true or not."""
    try:
        number = UUID(api_key).int
    except ValueError:
        return None
    key_id, generation = number >> 80, number >> 64 & (GENERATION_LIMIT - 1)
    if not key_id or number >> 76 & 15 != _VERSION or number >> _TAG_BITS & 3 != 2:  # noqa: PLR2004 - RFC 9562
        return None
    return KeyName(key_id, generation)
