"""The transcripts of docs/point-your-bot.md, command by command, on fresh exchanges."""

import importlib.metadata
import re
import shlex
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.contracts.needs import needs_anvil, needs_tokens
from tests.support.exchange import Exchange, exchange, wait_until


ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "point-your-bot.md"
SECONDS_MAX = 180
#: Commands of a transcript that the test runs in its own way: what goes on beside it.
BESIDE = re.compile(r"outcry up\b|make up\b|until grep\b|\. \.venv/bin/activate$")
#: The client that the bots are made with: the tests have it already.
CLIENT = re.compile(r"pip install --quiet (\S+)==(\S+)$")


def steps(name: str) -> list[tuple[str, str]]:
    """Return the commands of the transcript *name* and what the page shows of each."""
    text = PAGE.read_text("utf-8")
    (block,) = re.findall(rf"<!-- {name} -->\n\n```console\n(.*?)```", text, re.DOTALL)
    return [
        (command, shown.strip())
        for command, shown in re.findall(r"^\$ (.*)\n((?:[^$\n].*\n)*)", block, re.MULTILINE)
    ]


def plain(shown: str) -> str:
    """Return what a command says without what depends on the moment.

    A bot may hear of a transaction in a block once or twice, and numbers of entries and blocks
    depend on how long everything took.
    """
    shown = re.sub(r"log entry \d+", "log entry N", shown)
    shown = re.sub(r"at block \d+", "at block N", shown)
    shown = re.sub(r"^(.* hears: trade MINED.*\n)\1", r"\1", shown, flags=re.MULTILINE)
    if "verdict   clean" in shown:
        shown = re.sub(r"\d+(\.\d+)?", "N", shown)
    return re.sub(r"0x[0-9a-f]{64}", "0x…", shown)


def run(fresh: Exchange, name: str) -> None:
    """Run a transcript: each command says what the page shows; only addresses differ."""
    addresses = fresh.record().addresses
    told = 0
    for command, shown in steps(name):
        if BESIDE.match(command):
            continue
        if client := CLIENT.match(command):
            assert importlib.metadata.version(client[1]) == client[2]
            continue
        words = shlex.split(
            command.replace("127.0.0.1:8000", str(addresses["http"])).replace(
                "127.0.0.1:8001", str(addresses["feeds"])
            ),
            comments=True,
        )
        if words[0] == "sleep":
            time.sleep(float(words[1]))
            continue
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


@pytest.mark.timeout(300)
def test_the_transcript_is_what_happens(tmp_path: Path) -> None:
    """Two bots of an official client trade from nothing to fills, as the page says."""
    with exchange(tmp_path) as fresh:
        fresh.start()
        fresh.wait_ready()
        run(fresh, "transcript")
        fresh.stop()


@needs_anvil
@needs_tokens
@pytest.mark.timeout(300)
def test_the_same_bots_settle_on_a_chain(tmp_path: Path) -> None:
    """One command brings chain and exchange; the same bots trade, and the chain has the tokens.

    The test begins where `make up` has set up its environment; stopped, both go on at the next
    start.
    """
    with exchange(tmp_path) as fresh:
        for begins in (True, False):
            fresh.launch("up", "--chain")
            wait_until(lambda: "Ready after" in fresh.output())
            fresh.wait_ready()
            if begins:
                run(fresh, "transcript on a chain")
            else:
                done = fresh.command("verify", "--chain")
                assert (done.returncode, "clean" in done.stdout) == (0, True), done.stdout
            fresh.stop()
