"""The examples of docs/reference/sdk.md, on a whole exchange from `outcry up`."""

import asyncio
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.support.exchange import Exchange, exchange, wait_until

from outcry_sdk import Client, Credentials
from outcry_sdk.models import Level


ROOT = Path(__file__).parents[3]
BOT = ROOT / "examples" / "first_bot.py"
BOT_PAGE = ROOT / "docs" / "first-bot.md"
PAGE = Path(__file__).parents[3] / "docs" / "reference" / "sdk.md"


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
    arguments = [names["HTTP"], names["FEEDS"], names["ANN_TOKEN"], event_id, market.market_id, 1]
    process = subprocess.Popen([sys.executable, str(BOT), *map(str, arguments)])
    try:
        wait_until(lambda: bool(bids(bob, event_id, market.market_id)), str)
        bob.place_order(
            event_id, market.market_id, market.token_ids[0], "buy", price="0.99", quantity=1,
            time_in_force="IOC",
        )  # fmt: skip
        assert process.wait(60) == 0
    finally:
        process.kill()
        bob.close()


def bids(client: Client, event_id: int, market_id: int) -> list[Level]:
    """Return who buys the second outcome."""
    depth = client.depth(event_id, market_id)
    return list(depth.depths.values())[1].bids


def test_the_examples_of_the_page_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each Python block of the page runs as it stands, and prints what happened."""
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert len(blocks) == 3
    with exchange(tmp_path) as running:
        running.start()
        addresses = running.record().addresses
        names: dict[str, Any] = {
            "HTTP": f"http://{addresses['http']}",
            "FEEDS": f"ws://{addresses['feeds']}",
            "ADMIN_TOKEN": running.token("operator", admin=True),
            "ANN_TOKEN": running.token("ann"),
        }
        for block in blocks:
            exec(compile(block, str(PAGE), "exec"), names)  # noqa: S102 - our own page
            if "watch" in names:
                asyncio.run(names.pop("watch")())
        run_the_bot(running, names)
        names["operator"].close()
        names["ann"].close()
        assert running.stop() == 0
    printed = capsys.readouterr().out
    assert "new 10.00" in printed
    assert "PRICE_OFF_GRID 405 0.6050 a multiple of 0.0100" in printed
    assert "0.5500 5.00 []" in printed
    assert "97.250000 [2]" in printed
