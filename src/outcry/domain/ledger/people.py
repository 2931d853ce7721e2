"""Who may own accounts, and by which keys and addresses they are known."""

import re
from typing import Final

from msgspec import Struct, field


_ADDRESS: Final = re.compile(r"0x[0-9a-fA-F]{40}")


class User(Struct, gc=False, array_like=True):
    """A person (or company) who may own accounts."""

    user_id: int
    account: int
    external_id: str
    #: Last log entry that had something for this user's private feed.
    last_n: int = 0
    #: Further accounts by their labels.
    accounts: dict[str, int] = field(default_factory=dict)
    #: The key of the address in `Ledger.addresses`, "" without one.
    address: str = ""


class ApiKey(Struct, gc=False, array_like=True):
    """An API key; the secret is derived, not stored."""

    key_id: int
    user_id: int
    generation: int
    scopes: tuple[str, ...]
    revoked: bool = False


def address_key(text: str) -> str:
    """Return the one spelling of an address, "" when *text* is none."""
    return text.lower() if _ADDRESS.fullmatch(text) else ""
