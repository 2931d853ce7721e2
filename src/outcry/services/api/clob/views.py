"""What the CLOB surface answers about keys. Names are those of its clients."""

from datetime import UTC, datetime
from typing import Final

from msgspec import Struct

from outcry.domain.units import MICROS_PER_SECOND
from outcry.ports.projection import KeyRow
from outcry.runtime.clob_keys import Credentials


#: Said where there is nothing else to say.
OK: Final = "OK"


class KeyView(Struct, frozen=True, rename="camel"):
    """A trading key, whole."""

    api_key: str
    secret: str
    passphrase: str


class KeysView(Struct, frozen=True, rename="camel"):
    """The keys that are not revoked."""

    api_keys: list[str]


class ReaderView(Struct, frozen=True, rename="camel"):
    """A key that may only read; it needs no signature."""

    api_key: str


class BuilderKeyView(Struct, frozen=True):
    """A builder's key, whole."""

    key: str
    secret: str
    passphrase: str


class BuilderView(Struct, frozen=True, rename="camel", omit_defaults=True):
    """A builder's key without its secrets; times in ISO 8601."""

    key: str
    created_at: str
    revoked_at: str = ""


class ClosedOnlyView(Struct, frozen=True):
    """Whether the user may only cancel."""

    closed_only: bool


def key_view(made: Credentials) -> KeyView:
    """Return a trading key."""
    return KeyView(*made)


def builder_key_view(made: Credentials) -> BuilderKeyView:
    """Return a builder's key."""
    return BuilderKeyView(*made)


def builder_view(row: KeyRow, name: str) -> BuilderView:
    """Return a builder's key as it is listed."""
    revoked = iso_time(row.revoked_at_us) if row.revoked_at_us else ""
    return BuilderView(name, iso_time(row.created_at_us), revoked)


def iso_time(at_us: int) -> str:
    """Return a time in ISO 8601, to the second."""
    moment = datetime.fromtimestamp(at_us // MICROS_PER_SECOND, UTC)
    return moment.isoformat().replace("+00:00", "Z")
