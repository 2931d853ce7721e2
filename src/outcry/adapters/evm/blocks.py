"""Blocks by their numbers, asked of a node in one batch: one branch, or nobody's."""

from collections.abc import Iterable
from typing import Any

from outcry.adapters.evm.rpc import Call, Rpc, RpcError
from outcry.adapters.evm.wire import quantity
from outcry.ports.chain import Block, ChainUnavailable


async def blocks_of(rpc: Rpc, first: int, last: int) -> list[Block]:
    """Return the blocks *first* to *last* as far as there are; an unbroken run of them.

    Raises `ChainUnavailable` when one does not follow the one before: the node may change its mind
    between two answers of a batch.
    """
    calls = [
        Call("eth_getBlockByNumber", [hex(number), False]) for number in range(first, last + 1)
    ]
    return _run_of(await rpc.batch(calls))


def block_of(said: Any) -> Block:  # noqa: ANN401 - JSON
    """Return the block that a node tells of."""
    if not isinstance(said, dict):
        raise ChainUnavailable("the node answers something else than a block")
    return Block(quantity(said["number"]), str(said["hash"]))


def _run_of(answers: Iterable[Any]) -> list[Block]:
    found: list[Block] = []
    for one in answers:
        if isinstance(one, RpcError) or one is None:
            break  # a node that has no such block says so in either way
        block = block_of(one)
        if found and one["parentHash"] != found[-1].hash:
            raise ChainUnavailable(f"block {block.number} follows another one than the node told")
        found.append(block)
    return found
