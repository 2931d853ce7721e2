"""The build makes a compiled twin of the kernel or says that it did not; a stale one is not used.

A toy kernel stands in for the real one: what is under test is setup.py and kernel/_twin.py.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest


ROOT = Path(__file__).parents[3]
TOY = '''\
"""A toy engine."""

from .ladder import Ladder


class Engine:
    def __init__(self):
        self.ladder = Ladder()

    def run(self, n):
        return self.ladder.twice(n)
'''
TOY_PXD = """\
from .ladder cimport Ladder

cdef class Engine:
    cdef public Ladder ladder
    cpdef long run(self, long n)
"""
LADDER = '''\
"""A toy ladder."""


class Ladder:
    def twice(self, n):
        return 2 * n
'''
LADDER_PXD = """\
cdef class Ladder:
    cpdef long twice(self, long n)
"""
PROBE = """\
from outcry import kernel
engine = kernel.load().Engine()
print(kernel.build_info(), "|", type(engine.ladder).__module__, "|", engine.run(21))
"""


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Lay out a source tree with the real build and a toy kernel of two modules."""
    kernel = tmp_path / "src" / "outcry" / "kernel"
    (kernel / "compiled").mkdir(parents=True)
    for file in ("setup.py", "src/outcry/__init__.py", "src/outcry/kernel/_twin.py"):
        shutil.copy(ROOT / file, tmp_path / file)
    for file in ("__init__.py", "compiled/__init__.py"):
        shutil.copy(ROOT / "src/outcry/kernel" / file, kernel / file)
    (kernel / "engine.py").write_text(TOY)
    (kernel / "engine.pxd").write_text(TOY_PXD)
    (kernel / "ladder.py").write_text(LADDER)
    (kernel / "ladder.pxd").write_text(LADDER_PXD)
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "toy"\nversion = "0"\n')
    return tmp_path


def run(tree: Path, *command: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run Python in ``tree``; nothing about the kernel comes from the environment of this run."""
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith("OUTCRY_")
    }
    return subprocess.run(
        [sys.executable, *command],
        cwd=tree,
        env=inherited | {"PYTHONPATH": str(tree / "src")} | environ,
        capture_output=True,
        text=True,
        check=False,
    )


def build(tree: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    """Build the twin in place, unoptimised: only its presence matters."""
    return run(tree, "setup.py", "-q", "build_ext", "--inplace", CFLAGS="-O0", **environ)


def probe(tree: Path, **environ: str) -> str:
    """Return what a process that loads the kernel says about it."""
    answer = run(tree, "-c", PROBE, **environ)
    assert answer.returncode == 0, answer.stderr
    return answer.stdout.strip()


@pytest.mark.skipif(not (shutil.which("cc") or shutil.which("gcc")), reason="needs a C compiler")
def test_twin_is_built_chosen_and_refused_when_stale(tree: Path) -> None:
    """A built twin is chosen, stays within itself, steps back for OUTCRY_PURE and for edits."""
    built = build(tree, OUTCRY_REQUIRE_CYTHON="1")
    assert built.returncode == 0, built.stderr
    assert probe(tree) == "compiled | outcry.kernel.compiled.engine | 42"

    pure = probe(tree, OUTCRY_PURE="1")
    assert pure == "interpreted (OUTCRY_PURE is set) | outcry.kernel.ladder | 42"

    ladder = tree / "src/outcry/kernel/ladder.py"
    ladder.write_text(LADDER.replace("2 * n", "n + n + 1"))
    stale = probe(tree)
    assert stale == "interpreted (stale: source changed since build) | outcry.kernel.ladder | 43"


def test_without_a_compiler_it_builds_and_says_so(tree: Path) -> None:
    """No compiler: the build succeeds with a loud line, the kernel runs interpreted and warns."""
    built = build(tree, CC="/bin/false")
    assert built.returncode == 0
    assert "NOT compiled" in built.stderr

    loaded = run(tree, "-c", PROBE)
    assert loaded.stdout.strip() == "interpreted (no compiled module) | outcry.kernel.ladder | 42"
    assert "InterpretedKernelWarning" in loaded.stderr


def test_a_twin_that_does_not_load_is_not_used(tree: Path) -> None:
    """Built from other sources, a twin may fail in any way: the kernel runs interpreted."""
    (tree / "src/outcry/kernel/compiled/engine.py").write_text("from json import gone\nNAME.x\n")
    assert probe(tree).startswith("interpreted (compiled module does not load: cannot import")
    (tree / "src/outcry/kernel/compiled/engine.py").write_text("NAME.x\n")
    assert "does not load: name 'NAME'" in probe(tree)


def test_requiring_the_twin_makes_its_absence_fail(tree: Path) -> None:
    """OUTCRY_REQUIRE_CYTHON fails the build, OUTCRY_REQUIRE_COMPILED fails the start."""
    assert build(tree, CC="/bin/false", OUTCRY_REQUIRE_CYTHON="1").returncode != 0
    loaded = run(tree, "-c", PROBE, OUTCRY_REQUIRE_COMPILED="1")
    assert loaded.returncode != 0
    assert "NotCompiledError: no compiled module" in loaded.stderr
