"""The examples of docs/reference/sdk.md, on a whole exchange from `outcry up`."""

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest
from tests.support.exchange import exchange


PAGE = Path(__file__).parents[3] / "docs" / "reference" / "sdk.md"


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
        names["operator"].close()
        names["ann"].close()
        assert running.stop() == 0
    printed = capsys.readouterr().out
    assert "new 10.00" in printed
    assert "PRICE_OFF_GRID 405 0.6050 a multiple of 0.0100" in printed
    assert "0.5500 5.00 []" in printed
    assert "97.250000 [2]" in printed
