"""Questions about what stands in the books."""

from tests.unit.kernel.book import BUY, NO, SELL, Book

from outcry_wire.bookhash import OFFSET, book_hash
from outcry_wire.records import TimeInForce


def filled(book: Book) -> Book:
    """Put orders on three levels of each side."""
    book.buy(1, 5, at=4000, account=71, group=3)
    book.sell(2, 6, at=4000, outcome=NO)
    book.buy(3, 7, at=3900, tif=TimeInForce.GTD, expire=9_999)
    book.buy(4, 8, at=3500)
    book.sell(5, 1, at=4500)
    book.buy(6, 2, at=4500, outcome=NO)
    book.sell(7, 3, at=4600)
    book.sell(8, 4, at=9900)
    return book


def test_top(book: Book) -> None:
    """The top is the best price and its lots on both sides, 0 where there is none."""
    assert book.engine.top(1) == (0, 0, 0, 0)
    assert filled(book).engine.top(1) == (4000, 11, 4500, 3)


def test_levels(book: Book) -> None:
    """Levels come best first, with lots and orders, as many as asked for."""
    engine = filled(book).engine
    assert engine.levels(1, BUY, 9) == [(4000, 11, 2), (3900, 7, 1), (3500, 8, 1)]
    assert engine.levels(1, SELL, 9) == [(4500, 3, 2), (4600, 3, 1), (9900, 4, 1)]
    assert engine.levels(1, SELL, 2) == [(4500, 3, 2), (4600, 3, 1)]
    assert engine.levels(1, SELL, 0) == []
    assert engine.levels(1, SELL, -1) == []


def test_orders(book: Book) -> None:
    """Orders come in book order with all that the book hash covers."""
    assert filled(book).engine.orders(1) == [
        (1, 71, 3, 0, 0, 4000, 5, 0),
        (2, 1, 0, 1, 1, 4000, 6, 0),
        (3, 1, 0, 0, 0, 3900, 7, 9_999),
        (4, 1, 0, 0, 0, 3500, 8, 0),
        (5, 1, 0, 0, 1, 4500, 1, 0),
        (6, 1, 0, 1, 0, 4500, 2, 0),
        (7, 1, 0, 0, 1, 4600, 3, 0),
        (8, 1, 0, 0, 1, 9900, 4, 0),
    ]


def test_book_hash(book: Book) -> None:
    """The book's hash is the wire's hash of its orders."""
    engine = filled(book).engine
    assert engine.book_hash(1) == book_hash(engine.orders(1))


def test_book_hash_sees_the_queue(book: Book) -> None:
    """Two books that differ only in who stands first have different hashes."""
    book.add(2)
    book.add(3)
    for instrument, order_ids in ((2, (1, 2)), (3, (4, 3))):
        for order_id in order_ids:
            book.buy(order_id, 5, at=4000, instrument=instrument)
    assert book.engine.book_hash(2) != book.engine.book_hash(3)


def test_queue_position(book: Book) -> None:
    """The queue position is the lots before an order at its price, whichever outcome."""
    engine = filled(book).engine
    assert [engine.queue_position(order_id) for order_id in (1, 2, 3, 5, 6)] == [0, 5, 0, 0, 1]
    assert [engine.queue_position(order_id) for order_id in (9, 0, -1, 2**63 - 1)] == [-1] * 4


def test_queue_position_moves_up(book: Book) -> None:
    """Fills, reductions and cancels before an order move it up; replacing it moves it back."""
    for order_id in (1, 2, 3):
        book.sell(order_id, 10, at=4000)
    book.buy(9, 4, at=4000)
    assert book.engine.queue_position(3) == 16
    book.reduce(2, by=5)
    assert book.engine.queue_position(3) == 11
    book.cancel(1)
    assert book.engine.queue_position(3) == 5
    book.replace(2, total=20, at=4000)
    assert (book.engine.queue_position(3), book.engine.queue_position(2)) == (0, 10)


def test_order_count(book: Book) -> None:
    """The count is of resting orders over all books."""
    book.add(2)
    filled(book).buy(9, 1, at=4000, instrument=2)
    assert book.engine.order_count == 9
    book.cancel(9, instrument=2)
    book.market(10, 2, bound=9000)
    assert book.engine.order_count == 7


def test_an_unknown_instrument_is_empty(book: Book) -> None:
    """Questions about an instrument that does not exist are answered as for an empty book."""
    engine = filled(book).engine
    for instrument in (0, 2, 2**32 - 1):
        assert engine.top(instrument) == (0, 0, 0, 0)
        assert engine.levels(instrument, BUY, 5) == []
        assert engine.orders(instrument) == []
        assert engine.book_hash(instrument) == OFFSET


def test_two_engines_are_apart(book: Book) -> None:
    """Engines of one process share nothing."""
    other = Book(type(book.engine))
    other.add()
    book.sell(1, 5, at=4000)
    assert other.buy(1, 5, at=4000) == ["placed #1 BUY YES 5@4000"]
    assert book.resting() == ["#1 5@4000"]
