"""Wallets: whether one stands by a signature (ERC-1271), and which keys it has named.

Laws: nothing is changed by asking; a wallet that is not there, fails or says anything else accepts
nothing; a chain that cannot be asked raises `outcry.ports.chain.ChainUnavailable`.
"""

from typing import Protocol


class Wallets(Protocol):
    """The wallets of one chain."""

    async def accepts(self, wallet: bytes, digest: bytes, signature: bytes) -> bool:
        """Return whether the contract at *wallet*, 20 bytes, accepts *signature* of *digest*."""
        ...

    async def of(self, key: bytes) -> list[bytes]:
        """Return the wallets that let the address *key* sign for them, the first one first.

        Anybody may name anybody's key: when more have than are looked at, none is returned.
        """
        ...

    async def names(self, wallet: bytes, key: bytes) -> bool:
        """Return whether *wallet* has let the address *key* sign for it where contracts settle.

        It has in a block that is believed, and has not taken it back since, not even in one that is
        not believed yet.
        """
        ...
