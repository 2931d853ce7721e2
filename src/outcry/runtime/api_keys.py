"""API keys and service tokens, derived from the master key: nothing secret is stored.

The secret of key *id* in its *generation* is HKDF-SHA256(master key, purpose, id, generation), so
the exchange can make it again to compare, and whoever reads the tables learns nothing. A key is
``ok_<id>_<generation>_<secret>``, the token of a service ``os_<role>_<secret>``.

Whether a key is still wanted is not known here: `outcry.runtime.identity` asks the tables.
"""

import re
from base64 import b32encode
from hmac import compare_digest
from typing import Final, NamedTuple

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from outcry.runtime.tokens import KeyMaterialError


MASTER_KEY_LENGTH_MIN: Final = 32
#: 160 bits: exactly 32 characters of base32.
SECRET_LENGTH: Final = 20
#: What a service may be to the ledger: a door submits, the processor applies facts, onchain says
#: what became of trades on the chain.
ROLES: Final = ("door", "processor", "onchain")
#: Characters of an invitation after the id: 30 bits, for codes that are typed.
INVITE_LENGTH: Final = 6

_SALT: Final = b"outcry/1"
_API_KEY: Final = re.compile(r"ok_([1-9][0-9]{0,17})_(0|[1-9][0-9]{0,8})_([a-z2-7]{32})", re.ASCII)
_INVITE: Final = re.compile(r"([1-9][0-9]{0,17})-[a-z2-7]{6}", re.ASCII)


class KeyName(NamedTuple):
    """Which key a text is, its secret being right."""

    key_id: int
    generation: int


def key_named(text: str) -> KeyName | None:
    """Return which key *text* says that it is, whether its secret is right or not."""
    match = _API_KEY.fullmatch(text)
    return None if match is None else KeyName(int(match[1]), int(match[2]))


class KeyRing:
    """Makes and recognises everything that is derived from one master key."""

    def __init__(self, master_key: bytes) -> None:
        """Raise `KeyMaterialError` when *master_key* is shorter than 32 bytes."""
        if len(master_key) < MASTER_KEY_LENGTH_MIN:
            raise KeyMaterialError(f"the master key has less than {MASTER_KEY_LENGTH_MIN} bytes")
        self._master_key = master_key
        self._service_tokens = {
            role: f"os_{role}_{self._secret(f'service/{role}')}" for role in ROLES
        }

    def api_key(self, key_id: int, generation: int) -> str:
        """Return the whole text of an API key."""
        return f"ok_{key_id}_{generation}_{self._secret(f'api-key/{key_id}/{generation}')}"

    def recognise(self, text: str) -> KeyName | None:
        """Return which key *text* is, or None when it is none of ours."""
        match = _API_KEY.fullmatch(text)
        if match is None:
            return None
        name = KeyName(int(match[1]), int(match[2]))
        return name if compare_digest(text, self.api_key(*name)) else None

    def invite_code(self, user_id: int) -> str:
        """Return the code by which *user_id* invites others: an id that nobody can make up."""
        return f"{user_id}-{self._secret(f'invite/{user_id}')[:INVITE_LENGTH]}"

    def inviter(self, code: str) -> int:
        """Return whose invitation *code* is, 0 when it is nobody's."""
        match = _INVITE.fullmatch(code)
        if match is None:
            return 0
        user_id = int(match[1])
        return user_id if compare_digest(code, self.invite_code(user_id)) else 0

    def service_token(self, role: str) -> str:
        """Return the token by which a service of this exchange shows its role."""
        return self._service_tokens[role]

    def role(self, token: str) -> str | None:
        """Return the role that *token* proves, or None."""
        given = token.encode()
        found = None
        for role, expected in self._service_tokens.items():
            if compare_digest(given, expected.encode()):
                found = role
        return found

    def derived(self, info: str, length: int) -> bytes:
        """Return *length* secret bytes for the purpose that *info* names, always the same."""
        kdf = HKDF(algorithm=SHA256(), length=length, salt=_SALT, info=info.encode())
        return kdf.derive(self._master_key)

    def _secret(self, info: str) -> str:
        return b32encode(self.derived(info, SECRET_LENGTH)).decode().lower()
