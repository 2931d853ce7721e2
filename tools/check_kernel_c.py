"""Fails if the C of the kernel's inner part touches a Python object (CI runs it).

One untyped number in a loop makes Cython use Python objects there, silently, and costs a factor of
two. Every function that the kernel's ``.pxd`` files declare ``nogil`` must come out as plain C. The
C file is the one that the last build wrote; `setup.py build_ext --inplace` writes it.
"""

import re
import sys
from pathlib import Path


ROOT = Path(__file__).parents[1]
#: Where parts of the unit stand, as setup.py has it.
FOLDERS = (ROOT / "src/outcry/kernel", ROOT / "src/outcry/services/gateway")
DECLARED = re.compile(
    r"^\s*cdef (?:inline )?[\w\s*]+?(\w+)\([^\n]*\) noexcept nogil$", re.MULTILINE
)
C_API = re.compile(r"\b(?:Py[A-Z]\w*|__Pyx_\w+)(?=\()")
#: Macros and inline functions of Cython that are plain C.
PLAIN_C = {"__Pyx_div_long", "__Pyx_mod_long"}


def declared() -> set[str]:
    """Return the names of the functions that must be plain C."""
    texts = [path.read_text("utf-8") for folder in FOLDERS for path in folder.glob("*.pxd")]
    return {name for text in texts for name in DECLARED.findall(text)}


def bodies(text: str) -> dict[str, str]:
    """Return the C body of each function of the unit by its name in Python."""
    found = {}
    pattern = r"^static [^;{}\n]*__pyx_f_\w*?6engine_(?:6Engine_)?(\w+)\([^;\n]*\) \{\n(.*?)^\}"
    for match in re.finditer(pattern, text, re.MULTILINE | re.DOTALL):
        found[match[1]] = re.sub(r"/\*.*?\*/", "", match[2], flags=re.DOTALL)
    return found


def problems(text: str) -> list[str]:
    """Return what is wrong with the C of the unit, a line for each finding."""
    written, names = bodies(text), declared()
    found = [f"{name}: not found in the C file" for name in sorted(names - written.keys())]
    for name in sorted(names & written.keys()):
        calls = sorted(set(C_API.findall(written[name])) - PLAIN_C)
        found += [f"{name} calls {call}" for call in calls]
    return found


def newest() -> Path | None:
    """Return the C file that the last build wrote."""
    files = ROOT.glob("build/**/compiled/engine.c")
    return max(files, key=lambda path: path.stat().st_mtime, default=None)


def main() -> int:
    """Check the newest C file; return the exit status."""
    file = newest()
    if file is None:
        print("no engine.c under build/: build the kernel first")
        return 1
    found = problems(file.read_text("utf-8"))
    print("\n".join(found) or f"{len(declared())} functions of the kernel are plain C")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
