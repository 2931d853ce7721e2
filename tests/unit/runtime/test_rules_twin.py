"""The compiled rules of the ledger are the interpreted ones, on objects that lie as they think."""

import ctypes
import importlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from outcry.app.sim.world import World
from outcry.runtime import rules_twin


ROOT = Path(__file__).parents[3]
#: Worlds that are lived through with either rules.
SEEDS = range(201, 209)
COMPILED = rules_twin.build_info() == "compiled"


class _Member(ctypes.Structure):
    """`PyMemberDef` of CPython."""

    _fields_ = (
        ("name", ctypes.c_char_p),
        ("kind", ctypes.c_int),
        ("offset", ctypes.c_ssize_t),
    )


class _Descriptor(ctypes.Structure):
    """`PyMemberDescrObject` of CPython: what a slot's name in its class is."""

    _fields_ = (
        ("references", ctypes.c_ssize_t),
        ("own_type", ctypes.c_void_p),
        ("of_type", ctypes.c_void_p),
        ("name", ctypes.c_void_p),
        ("qualified", ctypes.c_void_p),
        ("member", ctypes.POINTER(_Member)),
    )


@pytest.mark.parametrize(
    ("module", "name"), [(module, name) for module, names in rules_twin.STRUCTS for name in names]
)
def test_fields_lie_in_alphabetical_order_behind_those_of_the_base(module: str, name: str) -> None:
    """Each field of a class lies where setup.py says that it does, with no room between them."""
    cls = getattr(importlib.import_module(module), name)
    offsets = {
        field: _Descriptor.from_address(id(slot)).member.contents.offset
        for field, slot in vars(cls).items()
        if type(slot).__name__ == "member_descriptor"
    }
    first = cls.__bases__[0].__basicsize__ if cls.__bases__[0] is not object else 16
    word = ctypes.sizeof(ctypes.c_void_p)
    assert offsets == {field: first + word * at for at, field in enumerate(sorted(offsets))}
    assert cls.__basicsize__ == first + word * len(offsets)


@pytest.mark.skipif(not COMPILED, reason="there are no compiled rules to compare")
def test_worlds_end_the_same_under_compiled_and_interpreted_rules() -> None:
    """Every entry, answer and event of some worlds is the same, byte for byte, in either form."""
    lived = "from outcry.app.sim.world import World; import sys\n"
    lived += "print(*[World(int(seed)).run().digest for seed in sys.argv[1:]])"
    interpreted = subprocess.run(
        [sys.executable, "-c", lived, *map(str, SEEDS)],
        env={**os.environ, "OUTCRY_PURE": "1", "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert interpreted.stdout.split() == [World(seed).run().digest for seed in SEEDS]


def test_a_twin_of_other_sources_is_not_used(tmp_path: Path) -> None:
    """An edit of any part, of its declarations or of a class it knows changes the hash."""
    root = ROOT / "src"
    names = (*rules_twin.PARTS, *(module for module, _ in rules_twin.STRUCTS))
    for name in names:
        for suffix in (".py", ".pxd"):
            source = root.joinpath(*name.split(".")).with_suffix(suffix)
            if source.exists():
                copy = tmp_path / source.relative_to(root)
                copy.parent.mkdir(parents=True, exist_ok=True)
                copy.write_bytes(source.read_bytes())
    whole = rules_twin.source_hash(tmp_path)
    assert whole == rules_twin.source_hash(root)
    for copy in sorted(tmp_path.rglob("*.p*")):
        text = copy.read_bytes()
        copy.write_bytes(text + b"\n")
        assert rules_twin.source_hash(tmp_path) != whole, copy
        copy.write_bytes(text)
