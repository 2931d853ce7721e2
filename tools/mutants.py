"""Break laws on purpose, one at a time, and look whether the named test fails.

``tests/mutants.toml`` lists them: what is broken, where, and which test must notice. Each is broken
in a copy of the sources; the tree itself is never touched. A test that passes on a broken law is a
failure of this command, and so is a mutant whose place is not there any more. ``--write`` puts the
table into docs/concepts/proof.md when all were noticed.

    python tools/mutants.py [NAME ...] [--write]
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path


ROOT = Path(__file__).resolve().parent.parent
LIST = ROOT / "tests" / "mutants.toml"
PAGE = ROOT / "docs" / "concepts" / "proof.md"
BEGIN, END = "<!-- mutants -->\n", "<!-- /mutants -->\n"
#: What pytest ends with when a test failed.
FAILED = 1
#: Of one test: many a broken law shows by an answer that never comes.
TEST_SECONDS_MAX = "15"
SECONDS_MAX = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """One law broken: *old* becomes *new* in *file*, and *test* must fail."""

    law: str
    file: str
    old: str
    new: str
    test: str
    #: Whether the interpreted kernel has to run, because the compiled one has the law still.
    pure: bool = False

    @property
    def module(self) -> str:
        """Where the law is, as Python names it below ``outcry``."""
        return self.file.removeprefix("outcry/").removesuffix(".py").replace("/", ".")

    @property
    def name(self) -> str:
        """What a command line calls it: the function of its test."""
        return self.test.rpartition("::")[2].partition("[")[0].removeprefix("test_")


def read() -> list[Mutant]:
    """Return the list."""
    return [Mutant(**entry) for entry in tomllib.loads(LIST.read_text("utf-8"))["mutant"]]


def problem(mutant: Mutant) -> str:
    """Return why *mutant* cannot be made, "" if it can."""
    found = (ROOT / "src" / mutant.file).read_text("utf-8").count(mutant.old)
    if found != 1:
        return f"{mutant.file} has the text {found} times: {mutant.old!r}"
    path, _, name = mutant.test.partition("::")
    file = ROOT / "tests" / path
    if not file.exists() or f"def {name.partition('[')[0]}(" not in file.read_text("utf-8"):
        return f"there is no test {mutant.test}"
    return ""


def survives(mutant: Mutant, sources: Path) -> str:
    """Break *sources* as *mutant* says, run its test, mend them; returns "" if it failed."""
    place = sources / mutant.file
    whole = place.read_text("utf-8")
    place.write_text(whole.replace(mutant.old, mutant.new), "utf-8")
    environ = os.environ | {"PYTHONPATH": str(sources), "PYTHONDONTWRITEBYTECODE": "1"}
    if mutant.pure:
        environ["OUTCRY_PURE"] = "1"
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-x",
        "--timeout",
        TEST_SECONDS_MAX,
        f"tests/{mutant.test}",
    ]
    try:
        done = subprocess.run(
            command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=SECONDS_MAX,
            check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return ""  # a test that never ends has noticed as well
    finally:
        place.write_text(whole, "utf-8")
    return "" if done.returncode == FAILED else f"pytest ended with {done.returncode}"


def table(mutants: list[Mutant]) -> str:
    """Return the table of the page."""
    lines = ["| what was broken | in | the test that failed |", "|---|---|---|"]
    lines += [f"| {mutant.law} | `{mutant.module}` | `{mutant.test}` |" for mutant in mutants]
    return "\n".join(lines) + "\n"


def main() -> int:
    """Break what was asked for, by default everything; return the exit status."""
    parser = argparse.ArgumentParser(description="Break laws and look whether tests notice.")
    parser.add_argument("names", nargs="*")
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args()
    mutants = [one for one in read() if not asked.names or one.name in asked.names]
    unnoticed = 0
    with tempfile.TemporaryDirectory() as folder:
        sources = Path(folder) / "src"
        shutil.copytree(ROOT / "src", sources, ignore=shutil.ignore_patterns("__pycache__"))
        for mutant in mutants:
            why = problem(mutant) or survives(mutant, sources)
            unnoticed += bool(why)
            print(f"{'NOT NOTICED' if why else 'noticed':12}{mutant.test}  {why}", flush=True)
    if asked.write and not unnoticed:
        head, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
        PAGE.write_text(head + BEGIN + table(read()) + END + rest.partition(END)[2], "utf-8")
    print(f"{len(mutants) - unnoticed} of {len(mutants)} noticed")
    return min(unnoticed, 1)


if __name__ == "__main__":
    sys.exit(main())
