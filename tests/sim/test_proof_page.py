"""docs/concepts/proof.md names tests that are there, and the planted bugs that are planted."""

import re
from pathlib import Path

import pytest
from tests.sim.chain_plants import CHAIN_PLANTS
from tests.sim.plants import PLANTS


TESTS = Path(__file__).parents[1]
PAGE = (TESTS.parent / "docs" / "concepts" / "proof.md").read_text("utf-8")
#: A path in code marks, perhaps followed by the beginnings of names in parentheses.
NAMED = re.findall(r"`((?:\w+/)+(?:\w+\.py)?)`(?: \(([a-z0-9_, ]+)\))?", PAGE)


def text_of(path: str) -> str:
    """Return the text of a file, or of all tests in a folder."""
    found = TESTS / path
    files = [found] if found.is_file() else sorted(found.rglob("test_*.py"))
    return "\n".join(file.read_text("utf-8") for file in files)


@pytest.mark.parametrize(("path", "names"), sorted(set(NAMED)))
def test_every_test_that_the_page_names_is_there(path: str, names: str) -> None:
    """A law whose test was renamed or removed would only look proven."""
    text = text_of(path)
    assert text
    for name in filter(None, names.split(", ")):
        if " " not in name:
            assert f"def test_{name}" in text, name


def test_the_page_lists_every_planted_bug() -> None:
    """The table of planted bugs has a row for each, in its own words."""
    for plant in PLANTS + CHAIN_PLANTS:
        assert f"| {plant.__name__.replace('_', ' ')} |" in PAGE, plant.__name__
