"""Chooses between the interpreted rules of the ledger and their compiled twin, and says why.

What every request goes through is compiled by setup.py as ONE unit, if a C compiler was there: the
text of `PARTS`, each after those that it imports, with the C types of their ``.pxd``. State stays
the same objects in either form: compiled code reads and writes the fields of `STRUCTS` where they
lie, everything else goes on using them by name. So only functions exist twice, and never a class.

A twin carries the hash of the sources that it was built from, and is never used for others; nor is
it where the fields of a class do not lie as setup.py declares them.

Environment: as for the kernel, ``OUTCRY_PURE=1`` takes the interpreted rules, and
``OUTCRY_REQUIRE_COMPILED=1`` makes it an error that the compiled ones are missing.

setup.py runs this file alone: it imports nothing of ours.
"""

import ctypes
import hashlib
import importlib
import os
import warnings
from functools import cache
from pathlib import Path
from types import MemberDescriptorType, ModuleType
from typing import Final


#: Modules that are compiled, in the order in which they are joined.
PARTS: Final = (
    "outcry.domain.outcomes",
    "outcry.domain.ledger.numbers",
    "outcry.domain.ledger.holds",
    "outcry.domain.ledger.postings",
    "outcry.domain.ledger.positions",
    "outcry.domain.ledger.exchange",
    "outcry.domain.ledger.orders",
    "outcry.domain.ledger.settlement",
    "outcry.domain.ledger.laws",
    "outcry.domain.ledger.checks",
    "outcry.messages.record_fields",
    "outcry.messages.record_bodies",
    "outcry.runtime.fold_commands",
    "outcry.runtime.fold_facts",
    "outcry.services.asset.events",
    "outcry.runtime.big_endian",
    "outcry.services.history.hot_rows",
    "outcry.adapters.postgres.copy_rows",
)
#: Those of them whose module is for the interpreter alone: their C form is the whole ``.pxd``.
DECLARED: Final = frozenset({"outcry.messages.record_fields", "outcry.runtime.big_endian"})
#: Classes whose fields compiled code knows by their place, each after those that it names.
STRUCTS: Final = (
    ("outcry.domain.ledger.in_transit", ("ChainState",)),
    ("outcry.domain.order", ("Order",)),
    ("outcry.domain.ledger.state", ("Balance", "Position", "Market", "Shard", "Ledger")),
    ("outcry.domain.ledger.effects", ("Effects", "Fill", "Posting")),
    ("outcry.domain.ledger.matches", ("Match",)),
    ("outcry.messages.commands", ("Command", "PlaceOrder")),
    ("outcry.messages.facts", ("Fact", "OrderPlaced", "Traded", "OrderCancelled")),
    ("outcry.messages.entry", ("Decision",)),
)
TWIN: Final = "outcry.runtime.compiled.rules"
INTERPRETED: Final = "outcry.runtime.plain_rules"


class NoTwinError(ImportError):
    """There are no compiled rules that may be used; the message is the reason."""


class InterpretedRulesWarning(RuntimeWarning):
    """The rules run interpreted although nobody asked for that: correct, but slower."""


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
        ("head", ctypes.c_char * object.__basicsize__),
        ("of_type", ctypes.c_void_p),
        ("name", ctypes.c_void_p),
        ("qualified", ctypes.c_void_p),
        ("member", ctypes.POINTER(_Member)),
    )


def source_hash(root: Path) -> str:
    """Hash everything under *root*, the folder of packages, that a twin is made of."""
    digest = hashlib.sha256()
    for name in (*PARTS, *(module for module, _ in STRUCTS)):
        for suffix in (".py", ".pxd"):
            path = root.joinpath(*name.split(".")).with_suffix(suffix)
            if path.exists():
                digest.update(b"%s\n%s\n" % (name.encode(), path.read_bytes()))
    return digest.hexdigest()


def check_layout(cls: type) -> None:
    """Raise `NoTwinError` unless the fields of *cls* lie in alphabetical order behind its base.

    The order is that of CPython's slots; a library that makes classes could lay them out otherwise,
    in the same size, and compiled code would take one field for another.
    """
    offsets = {
        name: _Descriptor.from_address(id(slot)).member.contents.offset
        for name, slot in vars(cls).items()
        if type(slot) is MemberDescriptorType
    }
    first, word = cls.__bases__[0].__basicsize__, ctypes.sizeof(ctypes.c_void_p)
    if offsets != {name: first + word * at for at, name in enumerate(sorted(offsets))}:
        raise NoTwinError(f"the fields of {cls.__qualname__} lie elsewhere")


def _compiled() -> ModuleType:
    """Import the twin. Raises `NoTwinError` if it is missing, broken or stale."""
    try:
        unit = importlib.import_module(TWIN)
    except Exception as error:  # built from other sources, it may miss whatever they had
        if isinstance(error, ModuleNotFoundError) and error.name == TWIN:
            raise NoTwinError("no compiled module") from error
        raise NoTwinError(f"compiled module does not load: {error}") from error
    if unit.__source_hash__ != source_hash(Path(__file__).parents[2]):
        raise NoTwinError("stale: source changed since build")
    for module, names in STRUCTS:
        for name in names:
            check_layout(getattr(importlib.import_module(module), name))
    return unit


@cache
def _choose() -> tuple[ModuleType, str]:
    if _is_set("OUTCRY_PURE"):
        return importlib.import_module(INTERPRETED), "interpreted (OUTCRY_PURE is set)"
    try:
        return _compiled(), "compiled"
    except NoTwinError as reason:
        if _is_set("OUTCRY_REQUIRE_COMPILED"):
            raise
        return importlib.import_module(INTERPRETED), f"interpreted ({reason})"


def _is_set(name: str) -> bool:
    return os.environ.get(name, "") not in {"", "0"}


def load() -> ModuleType:
    """Return the rules that this process uses; the choice is made once.

    Warns if it had to fall back. Raises `NoTwinError` instead if that is not wanted.
    """
    module, info = _choose()
    if info != "compiled" and not _is_set("OUTCRY_PURE"):
        sentence = f"The ledger's rules run {info}"
        warnings.warn(sentence, InterpretedRulesWarning, stacklevel=2)
    return module


def twin_of(part: str) -> ModuleType:
    """Return the module *part*, or what stands for it: the unit that it is compiled into."""
    module = load()
    return module if module.__name__ == TWIN else importlib.import_module(part)


def build_info() -> str:
    """Say which rules this process uses: ``compiled``, or ``interpreted`` and why in brackets."""
    return _choose()[1]
