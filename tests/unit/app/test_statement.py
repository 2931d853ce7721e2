"""Statements: every posting of the period, and balances that were summed up, not believed."""

import csv
import io
import json
from collections.abc import AsyncIterator

import pytest

from outcry.adapters.postgres.export import Wanted
from outcry.app.statement import _WRITERS, COLUMNS, Line, lines_of
from outcry.domain.errors import CorruptError
from outcry.domain.ids import token_asset


YES = token_asset(7, 0)
LEGS = [
    Line(10, 3, "deposit", 0, 0, 100_000_000, 100_000_000),
    Line(20, 5, "mint", 0, 900, -6_000_000, 94_000_000),
    Line(20, 5, "mint", YES, 900, 1_000, 1_000),
    Line(30, 8, "merge", YES, 901, -1_000, 0),
    Line(30, 8, "merge", 0, 901, 7_000_000, 101_000_000),
    Line(40, 9, "withdraw", 0, 0, -1_000_000, 100_000_000),
]


async def legs(given: list[Line]) -> AsyncIterator[Line]:
    """Yield the postings."""
    for leg in given:
        yield leg


async def lines(since_us: int = 0, until_us: int = 0) -> list[Line]:
    """Return the statement of a period."""
    return [line async for line in lines_of(legs(LEGS), since_us, until_us)]


async def test_all_of_it_is_every_posting_and_what_is_left() -> None:
    """Without bounds it begins with nothing and ends with what the account has."""
    assert await lines() == [*LEGS, Line(0, 0, "closing", 0, 0, 0, 100_000_000)]


async def test_a_period_opens_with_what_was_there_before() -> None:
    """The first moment counts, the last does not; what is zero at an end is not listed."""
    assert await lines(20, 40) == [
        Line(20, 0, "opening", 0, 0, 0, 100_000_000),
        *LEGS[1:5],
        Line(40, 0, "closing", 0, 0, 0, 101_000_000),
    ]
    assert await lines(21, 30) == [
        Line(21, 0, "opening", 0, 0, 0, 94_000_000),
        Line(21, 0, "opening", YES, 0, 0, 1_000),
        Line(30, 0, "closing", 0, 0, 0, 94_000_000),
        Line(30, 0, "closing", YES, 0, 0, 1_000),
    ]
    assert await lines(50) == [
        Line(50, 0, "opening", 0, 0, 0, 100_000_000),
        Line(0, 0, "closing", 0, 0, 0, 100_000_000),
    ]


async def test_a_journal_that_does_not_add_up_is_an_error() -> None:
    """A balance that is not the sum of the postings before it is never printed, in any period."""
    wrong = [LEGS[0], LEGS[1]._replace(amount=-5_000_000), *LEGS[2:]]

    with pytest.raises(CorruptError, match="sum up to 95000000"):
        assert [line async for line in lines_of(legs(wrong), 40, 0)]


def test_amounts_are_in_the_units_of_their_asset() -> None:
    """Money has six decimals, tokens two, and both are named."""
    assert LEGS[1].fields()[2:] == ("mint", "collateral", "900", "-6.000000", "94.000000")
    assert LEGS[2].fields()[2:] == ("mint", "market 7 YES", "900", "10.00", "10.00")
    assert LEGS[0].fields()[0] == "1970-01-01 00:00:00.000010"


def test_every_form_says_the_same() -> None:
    """Text, CSV and JSON have the same fields of the same lines, each read as what it is."""
    said = {}
    for form, writes in _WRITERS.items():
        file = io.StringIO()
        with writes(file, 1_000, Wanted(since_us=1)) as write:
            for leg in LEGS:
                write(leg)
        said[form] = file.getvalue()
    fields = [list(leg.fields()) for leg in LEGS]

    assert list(csv.reader(io.StringIO(said["csv"]))) == [list(COLUMNS), *fields]
    lines = json.loads(said["json"])
    assert (lines["account"], [list(line.values()) for line in lines["lines"]]) == (1_000, fields)
    title, _, names, *rows = said["text"].splitlines()
    assert title.startswith("Account 1000, from 1970-01-01 00:00:00.000001")
    assert names.split() == list(COLUMNS)
    assert [" ".join(row.split()) for row in rows] == [" ".join(filter(None, f)) for f in fields]
