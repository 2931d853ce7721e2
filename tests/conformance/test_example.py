"""The transcript of docs/point-your-bot.md, command by command, on a fresh exchange."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from tests.support.exchange import exchange


ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "point-your-bot.md"
SECONDS_MAX = 60


def steps() -> list[tuple[str, str]]:
    """Return the commands of the transcript and what the page shows of each."""
    text = PAGE.read_text("utf-8")
    (block,) = re.findall(r"<!-- transcript -->\n\n```console\n(.*?)```", text, re.DOTALL)
    return [
        (command, shown.strip())
        for command, shown in re.findall(r"^\$ (.*)\n((?:[^$\n].*\n)*)", block, re.MULTILINE)
    ]


def plain(shown: str) -> str:
    """Return what a command says without what depends on the moment."""
    return re.sub(r"log entry \d+", "log entry N", shown)


@pytest.mark.timeout(300)
def test_the_transcript_is_what_happens(tmp_path: Path) -> None:
    """Each command says what the page shows; only addresses of the exchange differ."""
    with exchange(tmp_path) as fresh:
        fresh.start()
        fresh.wait_ready()
        addresses = fresh.record().addresses
        told = 0
        for command, shown in steps():
            if command.startswith("outcry up"):
                continue
            words = shlex.split(
                command.replace("127.0.0.1:8000", str(addresses["http"])).replace(
                    "127.0.0.1:8001", str(addresses["feeds"])
                )
            )
            if words[0] == "outcry":
                done = fresh.command(*words[1:])
            else:
                assert words[0] == "python"
                done = subprocess.run(
                    [sys.executable, *words[1:]], cwd=ROOT, capture_output=True, text=True,
                    timeout=SECONDS_MAX, check=False,
                )  # fmt: skip
            assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
            assert plain(done.stdout.strip()) == plain(shown), command
            told += 1
        assert told > 3
        fresh.stop()
