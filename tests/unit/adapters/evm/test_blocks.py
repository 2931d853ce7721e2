"""Blocks as a node answers them, call by call."""

import pytest

from outcry.adapters.evm.blocks import _run_of
from outcry.adapters.evm.rpc import RpcError
from outcry.ports.chain import Block, ChainUnavailable


def said(number: int, branch: str, parent: str) -> dict[str, str]:
    """Return a block as JSON has it."""
    return {
        "number": hex(number),
        "hash": f"{branch}{number}",
        "parentHash": f"{parent}{number - 1}",
    }


def test_blocks_of_two_branches_in_one_batch_are_none() -> None:
    """The node changed its mind between two answers: what was read is of no chain."""
    with pytest.raises(ChainUnavailable, match="block 5 follows another one"):
        _run_of([said(3, "a", "a"), said(4, "a", "a"), said(5, "b", "b")])


@pytest.mark.parametrize("end", [None, RpcError(-32000, "no such block")])
def test_blocks_end_where_the_chain_does(end: object) -> None:
    """However a node says that there is no such block."""
    assert _run_of([said(3, "a", "a"), said(4, "a", "a"), end]) == [Block(3, "a3"), Block(4, "a4")]
