"""Builds the compiled twins of kernel and ledger rules. All else stands in pyproject.toml.

Every ``src/outcry/kernel/NAME.py`` that has a ``NAME.pxd`` beside it is a part of the kernel, and
so are those of ``src/outcry/services/gateway`` parts of the engine's inner loop. All
parts are compiled as ONE unit, ``outcry.kernel.compiled.engine``, as SQLite does it: calls between
extension modules go through pointers and cannot be inlined, calls within a unit can, and the inner
loop depends on it. The unit is the text of the parts, each after the parts it imports, without the
imports between them; so the parts share one namespace. It is written under the build directory,
which keeps generated files out of the source tree. The hash of all kernel sources is appended, so
that a twin built from other sources is recognised when it is imported (outcry/kernel/_twin.py).

The rules of the ledger become a second unit in the same way; which modules they are says
outcry/runtime/rules_twin.py. They work on ordinary objects (msgspec structs, a slotted dataclass),
whose fields lie in memory one after the other, those of a class in alphabetical order, as CPython
lays out slots. The C declarations of these classes are made here from their sources; at import the
size of each and the place of each field are compared with the real ones.

Environment: ``OUTCRY_REQUIRE_CYTHON=1`` makes a failed compile fail the build; without it the
distribution installs without the twins and runs interpreted, which it says at every start.
``OUTCRY_PURE=1`` does not even try.
"""

import ast
import os
import re
import runpy
import sys
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.errors import CompileError


KERNEL = Path("src/outcry/kernel")
#: Where parts of the unit stand: the kernel, and the engine's inner loop, which calls it.
FOLDERS = (KERNEL, Path("src/outcry/services/gateway"))
TWIN = "outcry.kernel.compiled"
UNIT = "engine"
#: Parts that nothing in the unit imports, and that belong to it all the same.
FACES = ("sessions", "pump")
#: Parts whose module is for the interpreter alone: its C form is the whole ``.pxd``.
DECLARED = {"bits", "constants", "layout", "session_layout", "wires"}
#: An import of one part by another, in a module or in its C declarations.
SIBLING = re.compile(
    r"^from (?:outcry\.kernel|outcry\.services\.gateway)?\.(\w+)"
    r" c?import (?:\([^)]*\)|[^\n(]*)\n",
    re.MULTILINE,
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


RULES = Path("src/outcry/runtime/rules_twin.py")
RULES_DIRECTIVES = {
    "language_level": "3",
    "annotation_typing": False,
    "initializedcheck": False,
    # What is None where an object should be is an error and no crash.
    "nonecheck": True,
    "binding": False,
}
#: How a field's type is written in the source of a class, where C knows it by more than a name.
BUILTIN = {"dict", "list", "tuple", "set"}


class BuildTwin(build_ext):
    """Joins the parts, translates them to C under the twin's name, then compiles it as usual."""

    def build_extension(self, ext: Extension) -> None:
        """Raise ``CompileError`` whatever goes wrong: an optional extension may fail with that."""
        try:
            kernel = ext.name == f"{TWIN}.{UNIT}"
            root = Path(self.build_temp) / "twin"
            joined = _join_parts(root) if kernel else _join_rules(root)
            ext.sources = [_translate(ext.name, joined, DIRECTIVES if kernel else RULES_DIRECTIVES)]
            super().build_extension(ext)
        except Exception as error:
            sentence = f"outcry: {ext.name} was NOT compiled, it will run interpreted: {error}"
            print(sentence, file=sys.stderr)
            raise CompileError(str(error)) from error


def _translate(name: str, source: Path, directives: dict[str, object]) -> str:
    """Return the C file that *source* becomes as module *name*."""
    from Cython.Build import cythonize  # noqa: PLC0415 - absent: this one module fails, alone
    from Cython.Compiler import Errors  # noqa: PLC0415

    # It warns of every inline function that a .pxd declares; errors end the build all the same.
    Errors.LEVEL = 2
    module = Extension(name, [str(source)])
    (translated,) = cythonize(module, compiler_directives=directives, annotate=True, quiet=True)
    return str(translated.sources[0])


def _join_parts(root: Path) -> Path:
    """Write the unit as a module of the package ``TWIN``; an unchanged file keeps its time."""
    source_hash = runpy.run_path(str(KERNEL / "_twin.py"))["source_hash"](*FOLDERS)
    package = _package(root, TWIN)
    names = _parts(UNIT, [])
    for face in FACES:
        _parts(face, names)
    for suffix, last in ((".pxd", ""), (".py", f'__source_hash__ = "{source_hash}"\n')):
        files = [
            _folder(name) / f"{name}{suffix}"
            for name in names
            if suffix == ".pxd" or name not in DECLARED
        ]
        texts = [file.read_text("utf-8") for file in files]
        _write(package / f"{UNIT}{suffix}", SIBLING.sub("", "\n".join([*texts, last])))
    return package / f"{UNIT}.py"


def _join_rules(root: Path) -> Path:
    """Write the rules as one module and its declarations, which begin with those of the state."""
    plan = runpy.run_path(str(RULES))
    sources, package = RULES.parents[2], _package(root, plan["TWIN"].rpartition(".")[0])
    siblings = "|".join(re.escape(part) for part in plan["PARTS"])
    imports = re.compile(rf"^from (?:{siblings}) import (?:\([^)]*\)|[^\n(]*)\n", re.MULTILINE)
    bodies = []
    declared = _struct_declarations(sources, plan["STRUCTS"])
    for part in plan["PARTS"]:
        path = sources.joinpath(*part.split("."))
        if part not in plan["DECLARED"]:
            bodies.append(imports.sub("", path.with_suffix(".py").read_text("utf-8")))
        if path.with_suffix(".pxd").exists():
            declared.append(path.with_suffix(".pxd").read_text("utf-8"))
    bodies.append(f'__source_hash__ = "{plan["source_hash"](sources)}"\n')
    module = package / f"{plan['TWIN'].rpartition('.')[2]}.py"
    _write(module, "\n".join(bodies))
    _write(module.with_suffix(".pxd"), "\n".join(declared))
    return module


def _struct_declarations(
    sources: Path, structs: tuple[tuple[str, tuple[str, ...]], ...]
) -> list[str]:
    """Return what C knows of classes: where each field lies, and what can be said of its type."""
    known = [name for _, names in structs for name in names]
    layouts, classes = [], []
    for module, names in structs:
        text = sources.joinpath(*module.split(".")).with_suffix(".py").read_text("utf-8")
        nodes = {node.name: node for node in ast.parse(text).body if isinstance(node, ast.ClassDef)}
        for name in names:
            fields = dict(sorted(_fields(nodes[name], known)))
            bases = [base.id for base in nodes[name].bases if isinstance(base, ast.Name)]
            base = next((one for one in bases if one in known), "")
            begin = f"{base}Object __pyx_base;" if base else "PyObject_HEAD"
            lie = " ".join(
                f"{kind if kind in known else 'Py'}Object *f_{field};"
                for field, kind in fields.items()
            )
            layouts.append(f"    typedef struct {{ {begin} {lie} }} {name}Object;")
            derived = f"({base})" if base else ""
            classes.append(
                f"    ctypedef class {module}.{name}{derived} "
                f"[object {name}Object, check_size error]:"
            )
            classes += [
                f'        cdef {kind} {field} "f_{field}"' for field, kind in fields.items()
            ]
    return ["cimport cython", "cdef extern from *:", '    """', *layouts, '    """', *classes, ""]


def _fields(node: ast.ClassDef, known: list[str]) -> list[tuple[str, str]]:
    """Return the fields that a class itself declares, and the type that C may count on."""
    found = []
    for line in node.body:
        if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name):
            kind = ast.unparse(line.annotation).partition("[")[0]
            if kind != "ClassVar":
                sure = kind in known or kind in BUILTIN
                found.append((line.target.id, kind if sure else "object"))
    return found


def _package(root: Path, name: str) -> Path:
    """Make the folders of a package under *root*."""
    package = root.joinpath(*name.split("."))
    package.mkdir(parents=True, exist_ok=True)
    for folder in (package, package.parent, package.parent.parent):
        _write(folder / "__init__.py", "")
    return package


def _parts(name: str, known: list[str]) -> list[str]:
    """Return *known* and, behind it, the part *name*, preceded by those that it imports."""
    folder = _folder(name)
    if name not in known and (folder / f"{name}.pxd").exists():
        for imported in SIBLING.findall((folder / f"{name}.py").read_text("utf-8")):
            _parts(imported, known)
        known.append(name)
    return known


def _folder(name: str) -> Path:
    """Return where the part *name* stands; no two folders have parts of one name."""
    return next((folder for folder in FOLDERS if (folder / f"{name}.pxd").exists()), KERNEL)


def _write(path: Path, text: str) -> None:
    if not path.exists() or path.read_text("utf-8") != text:
        path.write_text(text, "utf-8")


def _extensions() -> list[Extension]:
    found = []
    if not PURE and (KERNEL / f"{UNIT}.pxd").exists():
        flags = ["-O3", "-fwrapv", "-DCYTHON_INLINE=inline __attribute__((always_inline))"]
        found.append(_extension(f"{TWIN}.{UNIT}", KERNEL / f"{UNIT}.py", flags))
    if not PURE and RULES.exists():
        name = runpy.run_path(str(RULES))["TWIN"]
        found.append(_extension(name, RULES, ["-O2", "-g0", "-fwrapv"]))
    return found


def _extension(name: str, source: Path, flags: list[str]) -> Extension:
    return Extension(name, [str(source)], extra_compile_args=flags, optional=not REQUIRED)


setup(ext_modules=_extensions(), cmdclass={"build_ext": BuildTwin})
