"""The list of laws that are broken on purpose fits the code."""

from tools import mutants


def test_every_mutant_can_be_made() -> None:
    """What is to be broken stands there once, and the test that must notice exists."""
    found = mutants.read()
    assert len(found) > 35
    assert [why for why in map(mutants.problem, found) if why] == []
    assert len({mutant.law for mutant in found}) == len(found)


def test_the_page_shows_the_list() -> None:
    """docs/concepts/proof.md has the table of all of them."""
    page = mutants.PAGE.read_text("utf-8")
    assert mutants.BEGIN + mutants.table(mutants.read()) + mutants.END in page
