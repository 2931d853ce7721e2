"""Both readmes: the same commands and outputs, and links that lead somewhere."""

import re
from pathlib import Path

import pytest


ROOT = Path(__file__).parents[3]


def test_both_show_the_same_commands() -> None:
    """Every block of the English page is in the Chinese one, word for word and in order."""
    blocks = [
        re.findall(r"```.*?```", (ROOT / name).read_text("utf-8"), re.DOTALL)
        for name in ("README.md", "README.zh-CN.md")
    ]
    assert blocks[0] == blocks[1]
    assert len(blocks[0]) >= 3


def test_both_say_the_same_things() -> None:
    """Both have the same sections and points, and lead to the same pages."""
    english, chinese = (
        (ROOT / name).read_text("utf-8") for name in ("README.md", "README.zh-CN.md")
    )
    for mark in (r"^## ", r"^\* \*\*"):
        counts = [len(re.findall(mark, text, re.MULTILINE)) for text in (english, chinese)]
        assert counts[0] == counts[1], mark
    pages = [set(re.findall(r"\]\((?!README)([^)#]+)", text)) for text in (english, chinese)]
    assert pages[0] == pages[1]


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md", "docs/first-bot.md"])
def test_links_lead_somewhere(name: str) -> None:
    """Every relative link names a file or a folder that is there."""
    page = ROOT / name
    for link in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text("utf-8")):
        assert (page.parent / link).exists(), link
