"""Contracts that misbehave on purpose, compiled when a test asks for one."""

from functools import cache
from pathlib import Path
from typing import NamedTuple

from vyper.compiler import compile_code

from outcry.adapters.evm.abi import Interface


class Source(NamedTuple):
    """A compiled source."""

    interface: Interface
    creation: bytes


@cache
def source(name: str) -> Source:
    """Return the contract of that name in this folder."""
    path = Path(__file__).with_name(f"{name}.vy")
    made = compile_code(path.read_text(encoding="utf-8"), output_formats=["abi", "bytecode"])
    return Source(Interface(made["abi"]), bytes.fromhex(made["bytecode"][2:]))
