"""Fetching what a development chain needs: npm, in a folder of its own, without scripts."""

import shutil
import subprocess
from importlib.resources import files
from pathlib import Path
from typing import Final

from outcry.adapters.evm import artefacts
from outcry.adapters.evm.node_modules import FETCHED, NotFetched, anvil, conditional_tokens
from outcry.app.failures import UsageError
from outcry.domain.errors import OutcryError


FETCH_SECONDS_MAX: Final = 300
_FILES: Final = ("package.json", "package-lock.json")


class FetchFailed(OutcryError):
    """npm did not do it; the message ends with what it said."""


def fetch(data_dir: Path) -> str:
    """Fetch into *data_dir* and say what came; raises `UsageError` without npm."""
    npm = shutil.which("npm")
    if npm is None:
        raise UsageError(
            "npm is not here: install Node.js 20 or newer, or name your own copies with "
            "$OUTCRY_ANVIL and $OUTCRY_CONDITIONAL_TOKENS"
        )
    folder = data_dir / FETCHED
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in _FILES:
        content = files(artefacts).joinpath(name).read_bytes()
        (folder / name).write_bytes(content)
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=FETCH_SECONDS_MAX,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise FetchFailed(f"npm was not done after {FETCH_SECONDS_MAX} s") from None
    if done.returncode:
        raise FetchFailed(f"npm ended with {done.returncode}: {done.stderr.strip()[-2000:]}")
    return _told(data_dir)


def _told(data_dir: Path) -> str:
    lines = [f"ConditionalTokens  SHA-256 {conditional_tokens(data_dir).source_sha256}"]
    try:
        lines.append(f"anvil              {anvil(data_dir)}")
    except NotFetched:
        lines.append("anvil              none is pinned for this machine: put one on the PATH")
    return "\n".join(lines)
