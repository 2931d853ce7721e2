"""Keys of the CLOB surface: derived, recognised, and nobody else can make them."""

from base64 import urlsafe_b64decode
from uuid import UUID

import pytest

from outcry.runtime.api_keys import KeyName, KeyRing
from outcry.runtime.clob_keys import GENERATION_LIMIT, NUMBER_LIMIT, ClobKeys, named


RING = KeyRing(bytes(range(32)))


@pytest.mark.parametrize(
    "name", [KeyName(1, 1), KeyName(77, 3), KeyName(NUMBER_LIMIT - 1, GENERATION_LIMIT - 1)]
)
def test_a_key_is_made_the_same_each_time(name: KeyName) -> None:
    """Deriving needs no memory, and the UUID says which key it is, in every spelling."""
    made = ClobKeys(RING).credentials(name)
    assert made == ClobKeys(RING).credentials(name)
    assert ClobKeys(RING).recognise(made.api_key.upper()) == name
    assert UUID(made.api_key).version == 8
    assert len(urlsafe_b64decode(made.secret)) == 32
    assert len(bytes.fromhex(made.passphrase)) == 32


def test_a_key_that_somebody_made_up_is_none() -> None:
    """The number alone does not make a key: 62 bits of it come from the master key."""
    right = ClobKeys(RING).credentials(KeyName(5, 1)).api_key
    wrong = right[:-1] + ("0" if right[-1] != "0" else "1")
    assert ClobKeys(RING).recognise(wrong) is None
    assert ClobKeys(KeyRing(bytes(32))).recognise(right) is None
    for text in ("", "nothing", str(UUID(int=0)), "6ba7b810-9dad-11d1-80b4-00c04fd430c8"):
        assert named(text) is None
