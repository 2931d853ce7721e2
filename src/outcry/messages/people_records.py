"""Ledger records of who somebody is outside."""

from outcry.messages.record import Record


class AddressLinked(Record, frozen=True, tag="address", array_like=True, gc=False):
    """A user is known by this address from now on, and by no other; lower case."""

    user_id: int
    address: str
