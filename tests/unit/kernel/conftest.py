"""Runs every case of this folder against every engine."""

import pytest
from tests.unit.kernel.book import Book
from tests.unit.kernel.engines import Kernel, available


ENGINES = available()


@pytest.fixture(params=list(ENGINES))
def engine_class(request: pytest.FixtureRequest) -> type[Kernel]:
    """One engine after the other."""
    return ENGINES[request.param]


@pytest.fixture
def book(engine_class: type[Kernel]) -> Book:
    """A market without orders: instrument 1, tick 100, prices 100..9900, 1..1000 lots."""
    book = Book(engine_class)
    assert book.add() == [
        "instrument 1 MARKET OPEN tick 100 prices 100..9900 lots 1..1000 max 1000"
    ]
    return book
