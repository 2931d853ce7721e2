"""How nodes say that they have a transaction already, or one in its place. Pure."""

from typing import Final

from outcry.adapters.evm.rpc import RpcError


#: Words of their messages, which differ from program to program.
TAKEN: Final = (
    "already known", "already imported", "known transaction", "nonce too low",
    "replacement transaction underpriced", "already exists", "old nonce",
)  # fmt: skip


def says(error: RpcError, words: tuple[str, ...]) -> bool:
    """Return whether a node's message has one of these *words*."""
    message = error.message.lower()
    return any(word in message for word in words)
