"""The examples of docs/reference/sdk.md, on a whole exchange from `outcry up`."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.support.exchange import COMMAND, Exchange, exchange, wait_until

from outcry.app.credentials import key_ring
from outcry.runtime.config import load
from outcry_sdk import Client, Credentials
from outcry_sdk.models import Level


ROOT = Path(__file__).parents[3]
BOT = ROOT / "examples" / "first_bot.py"
BOT_PAGE = ROOT / "docs" / "first-bot.md"
PAGE = ROOT / "docs" / "reference" / "sdk.md"
GRPC_PAGE = ROOT / "docs" / "reference" / "grpc.md"
#: A block of code, and what it prints if the page shows that.
EXAMPLE = re.compile(r"```python\n(.*?)```\n(?:\n```text\n(.*?)```)?", re.DOTALL)
BASH = shutil.which("bash") or ""


def test_the_page_shows_the_bot_as_it_is() -> None:
    """docs/first-bot.md has the file word for word, and the bot is as short as it says."""
    source = BOT.read_text("utf-8")
    assert f"```python\n{source}```" in BOT_PAGE.read_text("utf-8")
    assert len([line for line in source.splitlines() if line.strip()]) <= 32


def run_the_bot(running: Exchange, names: dict[str, Any]) -> None:
    """Let the bot quote until somebody has traded with it."""
    operator, market, event_id = names["operator"], names["market"], names["made"].event_id
    bob = Client(names["HTTP"], Credentials(token=running.token("bob")))
    operator.deposit(bob.user_data().id, 100, tx_hash="for bob")
    command = running.data_dir.parent / "outcry"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -c "{COMMAND[2]}" "$@"\n')
    command.chmod(0o700)
    path = f"{command.parent}:{Path(sys.executable).parent}:{os.environ['PATH']}"
    process = subprocess.Popen(
        [BASH, "-e", "-c", shell_of_the_bot(names)],
        cwd=ROOT,
        env={**running.environ(), "PATH": path},
        stdout=subprocess.DEVNULL,  # the operator's token
    )
    try:
        wait_until(lambda: bool(bids(bob, event_id, market.market_id)), str)
        bob.place_order(
            event_id, market.market_id, market.token_ids[0], "buy", price="0.99", quantity=1,
            time_in_force="IOC",
        )  # fmt: skip
        assert process.wait(180) == 0
    finally:
        process.kill()
        bob.close()


def shell_of_the_bot(names: dict[str, Any]) -> str:
    """Return what the page tells to type, for the exchange that runs already, and one trade."""
    shells = re.findall(r"```\n(make up &\n.*?)```", BOT_PAGE.read_text("utf-8"), re.DOTALL)
    assert len(shells) == 1
    text: str = shells[0]
    for shown, here in (
        ("make up &\n", ""),
        ("http://127.0.0.1:8000", names["HTTP"]),
        ("ws://127.0.0.1:8001", names["FEEDS"]),
        (" 1 1 100\n", f" {names['made'].event_id} {names['market'].market_id} 1\n"),
    ):
        assert shown in text
        text = text.replace(shown, here)
    return text


def bids(client: Client, event_id: int, market_id: int) -> list[Level]:
    """Return who buys the second outcome."""
    depth = client.depth(event_id, market_id)
    return list(depth.depths.values())[1].bids


def test_the_examples_of_the_pages_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each Python block runs as it stands and prints what the page shows; so does its shell."""
    if not BASH:
        pytest.skip("needs bash on PATH")
    blocks = [found for page in (PAGE, GRPC_PAGE) for found in EXAMPLE.findall(page.read_text())]
    assert len(blocks) == 4
    with exchange(tmp_path) as running:
        running.start()
        addresses = running.record().addresses
        names: dict[str, Any] = {
            "HTTP": f"http://{addresses['http']}",
            "FEEDS": f"ws://{addresses['feeds']}",
            "ADMIN_TOKEN": running.token("operator", admin=True),
            "ANN_TOKEN": running.token("ann"),
            "GRPC": str(addresses["grpc"]),
            "DOOR_TOKEN": key_ring(load(environ=running.environ())).service_token("door"),
        }
        for code, shown in blocks:
            exec(compile(code, str(PAGE), "exec"), names)  # noqa: S102 - our own page
            assert capsys.readouterr().out == shown, code
        run_the_bot(running, names)
        names["operator"].close()
        names["ann"].close()
        assert running.stop() == 0
