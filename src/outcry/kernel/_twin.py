"""Chooses between the interpreted kernel and its compiled twin, and says which one runs and why.

The same source is two modules: ``outcry.kernel.engine`` (interpreted) and
``outcry.kernel.compiled.engine`` (compiled by setup.py, if a C compiler was there). They import
side by side, which is what the differential tests use. A compiled module carries the hash of the
sources it was built from; if they have changed since, it is stale and never used: the slow kernel
that is right beats the fast one that is old.

Compiled modules import one another relatively (``from .ladder import Ladder``), which keeps each
twin to itself, and everything else absolutely.

Environment: ``OUTCRY_PURE=1`` takes the interpreted one; ``OUTCRY_REQUIRE_COMPILED=1`` makes it an
error that the compiled one is missing.
"""

import hashlib
import importlib
import os
import warnings
from functools import cache
from pathlib import Path
from types import ModuleType


class NotCompiledError(ImportError):
    """There is no compiled kernel that may be used; the message is the reason."""


class InterpretedKernelWarning(RuntimeWarning):
    """The kernel runs interpreted although nobody asked for that: correct, but far slower."""


TWIN = "outcry.kernel.compiled.engine"
#: Folders with parts of the compiled unit, from that of the package on.
FOLDERS = (Path("kernel"), Path("services/gateway"))


def source_hash(*folders: Path) -> str:
    """Hash what decides the compiled twin's doings: each ``.pxd`` and the module beside it."""
    digest = hashlib.sha256()
    for pxd in [pxd for folder in folders for pxd in sorted(folder.glob("*.pxd"))]:
        for path in (pxd, pxd.with_suffix(".py")):
            if path.exists():
                digest.update(b"%s\n%s\n" % (path.name.encode(), path.read_bytes()))
    return digest.hexdigest()


def interpreted() -> ModuleType:
    """Import the interpreted engine."""
    return importlib.import_module("outcry.kernel.engine")


def compiled() -> ModuleType:
    """Import the compiled engine. Raises ``NotCompiledError`` if it is missing, broken or stale."""
    try:
        unit = importlib.import_module(TWIN)
    except Exception as error:  # built from other sources, it may miss whatever they had
        if isinstance(error, ModuleNotFoundError) and error.name == TWIN:
            raise NotCompiledError("no compiled module") from error
        raise NotCompiledError(f"compiled module does not load: {error}") from error
    package = Path(__file__).parents[1]
    if unit.__source_hash__ != source_hash(*(package / folder for folder in FOLDERS)):
        raise NotCompiledError("stale: source changed since build")
    return unit


@cache
def _choose() -> tuple[ModuleType, str]:
    if _is_set("OUTCRY_PURE"):
        return interpreted(), "interpreted (OUTCRY_PURE is set)"
    try:
        return compiled(), "compiled"
    except NotCompiledError as reason:
        if _is_set("OUTCRY_REQUIRE_COMPILED"):
            raise
        return interpreted(), f"interpreted ({reason})"


def _is_set(name: str) -> bool:
    return os.environ.get(name, "") not in {"", "0"}


def load() -> ModuleType:
    """Return the engine module that this process uses; the choice is made once.

    Warns with ``InterpretedKernelWarning`` if it had to fall back. Raises ``NotCompiledError``
    instead if ``OUTCRY_REQUIRE_COMPILED`` is set.
    """
    module, info = _choose()
    if info != "compiled" and not _is_set("OUTCRY_PURE"):
        warnings.warn(f"The kernel runs {info}", InterpretedKernelWarning, stacklevel=2)
    return module


def load_sessions() -> ModuleType:
    """Return the module with `SessionEngine` that belongs to the engine of ``load()``."""
    module = load()
    if module is interpreted():
        return importlib.import_module("outcry.kernel.sessions")
    return module


def build_info() -> str:
    """Say which kernel this process uses: ``compiled``, or ``interpreted`` and why in brackets."""
    return _choose()[1]
