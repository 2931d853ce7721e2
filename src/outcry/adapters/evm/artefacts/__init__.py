"""Our compiled contracts: interface, code, and the hash of the source that they came from.

`tools/write_contracts.py` writes the files; nothing here needs a compiler.
"""

from functools import cache
from importlib.resources import files
from typing import Any, Final, NamedTuple

import msgspec

from outcry.adapters.evm.abi import Interface


#: Their names.
ARTEFACTS: Final = ("collateral", "settlement", "wallet")


class Artefact(NamedTuple):
    """A compiled contract."""

    interface: Interface
    #: What creates it, without the constructor's values.
    creation: bytes
    #: Its code on the chain, without what the constructor fixes.
    runtime: bytes
    source_sha256: str
    compiler: str


@cache
def artefact(name: str) -> Artefact:
    """Return ``settlement``, ``collateral`` or ``wallet``."""
    said: dict[str, Any] = msgspec.json.decode(
        files(__name__).joinpath(f"{name}.json").read_bytes()
    )
    return Artefact(
        Interface(said["abi"]),
        bytes.fromhex(said["creation"].removeprefix("0x")),
        bytes.fromhex(said["runtime"].removeprefix("0x")),
        said["source_sha256"],
        said["compiler"],
    )
