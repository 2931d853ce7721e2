"""Keep modules and functions short: too long fails, unless tools/ratchet.toml names it.

A listed exception carries its own limit and a reason, and goes again once its subject fits the
common limit, so the list can only shrink. Lines of a function run from ``def`` to its end without
its docstring; lines of a module are all its lines.
"""

import ast
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple


ROOT = Path(__file__).resolve().parent.parent
EXCEPTIONS = "tools/ratchet.toml"
GENERATED = ("src/outcry/rpc/", "bench/out/", "tests/conformance/.kept/")
#: What a package manager fetched, wherever it stands.
FETCHED = "/node_modules/"


class Limit(NamedTuple):
    """The longest allowed, in lines."""

    function_lines: int
    module_lines: int


CODE = Limit(function_lines=40, module_lines=300)
SCENARIOS = Limit(function_lines=80, module_lines=600)
LIMITS = {"src": CODE, "tools": CODE, "bench": CODE, "tests": SCENARIOS}


def measure(path: str, source: str) -> Iterator[tuple[str, int]]:
    """Yield each module and function as its name (``path`` or ``path::A.b``) and its lines."""
    yield path, len(source.splitlines())
    yield from _functions(ast.parse(source), f"{path}::")


def _functions(scope: ast.AST, prefix: str) -> Iterator[tuple[str, int]]:
    for node in ast.iter_child_nodes(scope):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield prefix + node.name, _lines(node)
            yield from _functions(node, f"{prefix}{node.name}.")
        elif isinstance(node, ast.ClassDef):
            yield from _functions(node, f"{prefix}{node.name}.")
        else:
            yield from _functions(node, prefix)


def _lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    docstring = 0
    first = function.body[0]
    if ast.get_docstring(function, clean=False) is not None and first.end_lineno is not None:
        docstring = first.end_lineno - first.lineno + 1
    assert function.end_lineno is not None, "the parser gives every function an end"
    return function.end_lineno - function.lineno + 1 - docstring


def complaints(sizes: dict[str, int], exceptions: dict[str, int]) -> Iterator[str]:
    """Yield a sentence for each size over its limit and each exception no longer needed."""
    for name, lines in sizes.items():
        common = _common_limit(name)
        allowed = exceptions.get(name, common)
        if lines > allowed:
            yield f"{name}: {lines} lines, at most {allowed} are allowed"
        elif name in exceptions and lines <= common:
            yield f"{name}: {lines} lines fit the limit of {common}; drop it from {EXCEPTIONS}"
    for name in exceptions.keys() - sizes.keys():
        yield f"{name}: does not exist; drop it from {EXCEPTIONS}"


def _common_limit(name: str) -> int:
    limit = LIMITS[name.partition("/")[0]]
    return limit.function_lines if "::" in name else limit.module_lines


def _read_exceptions() -> dict[str, int]:
    entries = tomllib.loads((ROOT / EXCEPTIONS).read_text("utf-8")).get("exception", [])
    for entry in entries:
        if not entry.get("reason"):
            sys.exit(f"{EXCEPTIONS}: the exception for {entry.get('name')} gives no reason")
    return {entry["name"]: entry["lines"] for entry in entries}


def _sources() -> Iterator[tuple[str, str]]:
    for folder in LIMITS:
        for file in sorted((ROOT / folder).rglob("*.py")):
            path = file.relative_to(ROOT).as_posix()
            if not path.startswith(GENERATED) and FETCHED not in path:
                yield path, file.read_text("utf-8")


def main() -> int:
    """Print what is too long; return the exit status."""
    sizes = {name: lines for path, text in _sources() for name, lines in measure(path, text)}
    found = sorted(complaints(sizes, _read_exceptions()))
    for sentence in found:
        print(sentence)
    if not found:
        print(f"ratchet: {len(sizes)} modules and functions, none too long")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
