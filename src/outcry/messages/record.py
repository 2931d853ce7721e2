"""What every ledger record has."""

from msgspec import Struct


class Record(Struct, frozen=True, array_like=True, gc=False):
    """What every record has."""

    at_us: int
    actor: int
