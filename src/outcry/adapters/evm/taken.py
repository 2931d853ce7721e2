"""Handing transactions to a node, which may have them already, or one in their place."""

from collections.abc import Sequence
from typing import Final

from outcry.adapters.evm.rpc import Call, Rpc, RpcError
from outcry.ports.chain import ChainUnavailable


#: Words of their messages, which differ from program to program.
TAKEN: Final = (
    "already known", "already imported", "known transaction", "nonce too low",
    "replacement transaction underpriced", "already exists", "old nonce",
)  # fmt: skip
#: How nodes say that blocks ask more than a transaction offers: it waits here instead of there, and
#: is sent again, or replaced for more.
TOO_CHEAP: Final = ("less than block base fee", "transaction underpriced", "fee too low")


async def hand_over(rpc: Rpc, raws: Sequence[bytes]) -> None:
    """Send transactions; one that is there, too cheap, or whose place is taken, is no failure.

    Raises `ChainUnavailable` for one that is declined for anything else.
    """
    calls = [Call("eth_sendRawTransaction", [f"0x{raw.hex()}"]) for raw in raws]
    for said in await rpc.batch(calls):
        if isinstance(said, RpcError) and not says(said, (*TAKEN, *TOO_CHEAP)):
            raise ChainUnavailable(f"a transaction was not taken: {said.message}") from said


def says(error: RpcError, words: tuple[str, ...]) -> bool:
    """Return whether a node's message has one of these *words*."""
    message = error.message.lower()
    return any(word in message for word in words)
