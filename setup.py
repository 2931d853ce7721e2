"""Builds the compiled twin of the kernel. All else about the distribution stands in pyproject.toml.

Every ``src/outcry/kernel/NAME.py`` that has a ``NAME.pxd`` beside it is a part of the kernel. All
parts are compiled as ONE unit, ``outcry.kernel.compiled.engine``, as SQLite does it: calls between
extension modules go through pointers and cannot be inlined, calls within a unit can, and the inner
loop depends on it. The unit is the text of the parts, each after the parts it imports, without the
imports between them; so the parts share one namespace. It is written under the build directory,
which keeps generated files out of the source tree. The hash of all kernel sources is appended, so
that a twin built from other sources is recognised when it is imported (outcry/kernel/_twin.py).

Environment: ``OUTCRY_REQUIRE_CYTHON=1`` makes a failed compile fail the build; without it the
distribution installs without the twin and runs interpreted, which it says at every start.
``OUTCRY_PURE=1`` does not even try.
"""

import os
import re
import runpy
import sys
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.errors import CompileError


KERNEL = Path("src/outcry/kernel")
TWIN = "outcry.kernel.compiled"
UNIT = "engine"
#: A part that nothing in the unit imports, and that belongs to it all the same.
FACE = "sessions"
#: Parts whose module is for the interpreter alone: its C form is the whole ``.pxd``.
DECLARED = {"bits", "constants", "layout", "session_layout"}
#: An import of one part by another, in a module or in its C declarations.
SIBLING = re.compile(
    r"^from (?:outcry\.kernel)?\.(\w+) c?import (?:\([^)]*\)|[^\n(]*)\n", re.MULTILINE
)
PURE = os.environ.get("OUTCRY_PURE", "") not in {"", "0"}
REQUIRED = os.environ.get("OUTCRY_REQUIRE_CYTHON", "") not in {"", "0"}
DIRECTIVES = {
    "language_level": "3",
    # Annotations are for mypy; C types stand in the .pxd. Reading both would make them collide.
    "annotation_typing": False,
    # A local variable has the C type of what is assigned to it, and arithmetic is that of C.
    "infer_types": True,
    "cdivision": True,
    "boundscheck": False,
    "wraparound": False,
    "initializedcheck": False,
}


class BuildTwin(build_ext):
    """Joins the parts, translates them to C under the twin's name, then compiles it as usual."""

    def build_extension(self, ext: Extension) -> None:
        """Raise ``CompileError`` whatever goes wrong: an optional extension may fail with that."""
        try:
            ext.sources = [self._translate()]
            super().build_extension(ext)
        except Exception as error:
            sentence = (
                f"outcry: {ext.name} was NOT compiled, the kernel will run interpreted: {error}"
            )
            print(sentence, file=sys.stderr)
            raise CompileError(str(error)) from error

    def _translate(self) -> str:
        from Cython.Build import cythonize  # noqa: PLC0415 - absent: this one module fails, alone
        from Cython.Compiler import Errors  # noqa: PLC0415

        # It warns of every inline function that a .pxd declares; errors end the build all the same.
        Errors.LEVEL = 2
        module = Extension(f"{TWIN}.{UNIT}", [str(_join_parts(Path(self.build_temp) / "twin"))])
        (translated,) = cythonize(module, compiler_directives=DIRECTIVES, annotate=True, quiet=True)
        return str(translated.sources[0])


def _join_parts(root: Path) -> Path:
    """Write the unit as a module of the package ``TWIN``; an unchanged file keeps its time."""
    source_hash = runpy.run_path(str(KERNEL / "_twin.py"))["source_hash"](KERNEL)
    package = root.joinpath(*TWIN.split("."))
    package.mkdir(parents=True, exist_ok=True)
    for folder in (package, package.parent, package.parent.parent):
        _write(folder / "__init__.py", "")
    names = _parts(FACE, _parts(UNIT, []))
    for suffix, last in ((".pxd", ""), (".py", f'__source_hash__ = "{source_hash}"\n')):
        files = [
            KERNEL / f"{name}{suffix}" for name in names if suffix == ".pxd" or name not in DECLARED
        ]
        texts = [file.read_text("utf-8") for file in files]
        _write(package / f"{UNIT}{suffix}", SIBLING.sub("", "\n".join([*texts, last])))
    return package / f"{UNIT}.py"


def _parts(name: str, known: list[str]) -> list[str]:
    """Return *known* and, behind it, the part *name*, preceded by those that it imports."""
    if name not in known and (KERNEL / f"{name}.pxd").exists():
        for imported in SIBLING.findall((KERNEL / f"{name}.py").read_text("utf-8")):
            _parts(imported, known)
        known.append(name)
    return known


def _write(path: Path, text: str) -> None:
    if not path.exists() or path.read_text("utf-8") != text:
        path.write_text(text, "utf-8")


def _extensions() -> list[Extension]:
    if PURE:
        return []
    if not (KERNEL / f"{UNIT}.pxd").exists():
        return []
    source = str(KERNEL / f"{UNIT}.py")
    flags = ["-O3", "-fwrapv", "-DCYTHON_INLINE=inline __attribute__((always_inline))"]
    return [Extension(f"{TWIN}.{UNIT}", [source], extra_compile_args=flags, optional=not REQUIRED)]


setup(ext_modules=_extensions(), cmdclass={"build_ext": BuildTwin})
