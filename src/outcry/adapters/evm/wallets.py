"""Wallets, asked on a chain: ``isValidSignature(bytes32,bytes)`` (ERC-1271) of the wallet itself.

Which keys a wallet has named, our settlement contract says.
"""

from typing import Final

from outcry.adapters.evm.escrow_calls import FOR_EVER
from outcry.adapters.evm.matching import SETTLEMENT
from outcry.adapters.evm.rpc import Rpc, RpcError


#: First four bytes of the call's Keccak-256, and what a wallet answers that accepts.
SELECTOR: Final = bytes.fromhex("1626ba7e")
_WORD: Final = 32
_YES: Final = f"0x{SELECTOR.ljust(_WORD, bytes(1)).hex()}"
#: Gas that a wallet may use to make up its mind: what our settlement contract gives it.
GAS_MAX: Final = 100_000
#: The longest signature that the contract reads.
SIGNATURE_BYTES_MAX: Final = 320
#: What a transaction costs before anything is done, and each byte of its data; yellow paper.
_GAS_BASE, _GAS_BYTE, _GAS_ZERO_BYTE = 21_000, 16, 4


class EvmWallets:
    """The wallets of the chain that a node shows."""

    def __init__(self, rpc: Rpc, settlement: str = "") -> None:
        """Ask *rpc*, which is closed by whoever made it; *settlement* is the contract's address.

        Without it no wallet has named a key. With it the contract is who asks a wallet, as it is
        when a trade settles.
        """
        self._rpc = rpc
        self._settlement = settlement

    async def names(self, wallet: bytes, key: bytes) -> bool:
        """Return whether *wallet* lets *key* sign for it until it says otherwise."""
        if not self._settlement:
            return False
        data = f"0x{SETTLEMENT.call('signerUntil', wallet, key).hex()}"
        try:
            answer = await self._rpc.call(
                "eth_call", {"to": self._settlement, "data": data}, "latest"
            )
        except RpcError:
            return False
        return bool(answer == f"0x{FOR_EVER:064x}")

    async def accepts(self, wallet: bytes, digest: bytes, signature: bytes) -> bool:
        """Return whether the contract at *wallet* accepts *signature* of *digest*."""
        if len(signature) > SIGNATURE_BYTES_MAX:
            return False
        data = _data(digest, signature)
        call = {"to": f"0x{wallet.hex()}", "data": f"0x{data.hex()}", "gas": hex(_gas(data))}
        if self._settlement:
            call["from"] = self._settlement
        try:
            answer = await self._rpc.call("eth_call", call, "latest")
        except RpcError:
            return False
        # The contract reads one word of the answer, however much there is.
        return bool(answer[: len(_YES)] == _YES)


def _gas(data: bytes) -> int:
    """Return the gas with which a wallet that is called with *data* has `GAS_MAX`."""
    zeros = data.count(0)
    return _GAS_BASE + _GAS_ZERO_BYTE * zeros + _GAS_BYTE * (len(data) - zeros) + GAS_MAX


def _data(digest: bytes, signature: bytes) -> bytes:
    """Return the call: the digest, where the signature begins, its length, and itself in words."""
    padded = signature + bytes(-len(signature) % _WORD)
    words = digest + _number(2 * _WORD) + _number(len(signature)) + padded
    return SELECTOR + words


def _number(value: int) -> bytes:
    return value.to_bytes(_WORD, "big")
