"""Ledger records of who somebody is outside."""

from outcry.messages.record import Record


class WalletLinked(Record, frozen=True, tag="wallet", array_like=True, gc=False):
    """What the address has in escrow is mirrored by this account from now on; lower case."""

    user_id: int
    account: int
    address: str


class AddressLinked(Record, frozen=True, tag="address", array_like=True, gc=False):
    """A user is known by this address from now on, and by no other; lower case."""

    user_id: int
    address: str
