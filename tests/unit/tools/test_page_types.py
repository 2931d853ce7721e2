"""The Python of the pages is typed like ours."""

import re
import subprocess
import sys
from pathlib import Path

import pytest


ROOT = Path(__file__).parents[3]
#: Names that a page takes as given: where the reader's exchange is, and who the reader is.
GIVEN = {
    "sdk.md": "HTTP FEEDS ADMIN_TOKEN ANN_TOKEN",
    "tcp.md": "HOST PORT:int",
    "grpc.md": "GRPC DOOR_TOKEN",
}


@pytest.mark.timeout(300)
def test_the_examples_of_the_pages_are_typed(tmp_path: Path) -> None:
    """mypy, strict, finds nothing in the blocks of a page, read as one module."""
    files = []
    for name, given in GIVEN.items():
        page = (ROOT / "docs" / "reference" / name).read_text("utf-8")
        blocks = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
        assert blocks, name
        names = [text.partition(":") for text in given.split()]
        head = "".join(f"{one}: {kind or 'str'}\n" for one, _, kind in names)
        file = tmp_path / f"page_{name.removesuffix('.md')}.py"
        file.write_text(head + "\n".join(blocks), "utf-8")
        files.append(str(file))
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--cache-dir", str(tmp_path / "cache"), *files],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
