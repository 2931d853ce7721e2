"""Wallets that are contracts, asked on a chain: ``isValidSignature(bytes32,bytes)`` (ERC-1271)."""

from typing import Final

from outcry.adapters.evm.rpc import Rpc, RpcError


#: First four bytes of the call's Keccak-256, and what a wallet answers that accepts.
SELECTOR: Final = bytes.fromhex("1626ba7e")
_WORD: Final = 32
#: Gas that a wallet may use to make up its mind.
GAS_MAX: Final = 1_000_000


class EvmWallets:
    """The wallets of the chain that a node shows."""

    def __init__(self, rpc: Rpc) -> None:
        """Ask *rpc*; it is closed by whoever made it."""
        self._rpc = rpc

    async def accepts(self, wallet: bytes, digest: bytes, signature: bytes) -> bool:
        """Return whether the contract at *wallet* accepts *signature* of *digest*."""
        call = {"to": f"0x{wallet.hex()}", "data": _data(digest, signature), "gas": hex(GAS_MAX)}
        try:
            answer = await self._rpc.call("eth_call", call, "latest")
        except RpcError:
            return False
        return bool(answer == f"0x{SELECTOR.ljust(_WORD, bytes(1)).hex()}")


def _data(digest: bytes, signature: bytes) -> str:
    """Return the call: the digest, where the signature begins, its length, and itself in words."""
    padded = signature + bytes(-len(signature) % _WORD)
    words = digest + _number(2 * _WORD) + _number(len(signature)) + padded
    return f"0x{(SELECTOR + words).hex()}"


def _number(value: int) -> bytes:
    return value.to_bytes(_WORD, "big")
