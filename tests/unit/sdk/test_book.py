"""The local book: it takes what follows, refuses what does not, and says both tokens' views."""

from decimal import Decimal

import pytest
from msgspec import json

from outcry_sdk import Gap, LocalBook
from outcry_sdk.feeds.frames import PublicFrame, public_frame


YES, NO = "11", "22"


def levels(*pairs: tuple[str, str]) -> list[dict[str, str]]:
    """Return levels of (price, quantity)."""
    return [
        {"price": price, "total_quantity": qty, "total_size": str(Decimal(price) * Decimal(qty))}
        for price, qty in pairs
    ]


def frame(kind: str, update_id: int, prev: int = 0, **yes: list[dict[str, str]]) -> PublicFrame:
    """Return a message of the feed about outcome 0, read as a client reads it."""
    side = {"bids": [], "asks": [], "latest_trade_price": "", **yes}
    message = {"event_id": 1, "market_id": 7, "update_id": update_id, "timestamp": 1, kind: {}}
    message |= {"prev_update_id": prev, kind: {YES: side, NO: {"bids": [], "asks": []}}}
    return public_frame(json.encode(message))


def book() -> LocalBook:
    """Return a book at update 5 with two bids and one ask."""
    made = LocalBook(1, 7)
    bids = levels(("0.6000", "10.00"), ("0.5500", "4.00"))
    made.take(frame("depths", 5, bids=bids, asks=levels(("0.7000", "3.00"))))
    return made


def test_a_snapshot_is_the_whole_book() -> None:
    """A snapshot replaces everything, and the best levels come first."""
    made = book()
    assert made.update_id == 5
    assert [level.price for level in made.bids(YES)] == [Decimal("0.6"), Decimal("0.55")]
    best = made.best_ask(YES)
    assert best is not None
    assert (best.price, best.total_quantity) == (Decimal("0.7"), Decimal(3))
    made.take(frame("depths", 9, bids=levels(("0.1000", "1.00"))))
    assert [level.price for level in made.bids(YES)] == [Decimal("0.1")]
    assert made.best_ask(YES) is None


def test_a_change_sets_totals_and_removes_levels() -> None:
    """A change sets the new total of a level, and "0" removes it."""
    made = book()
    changed = levels(("0.6000", "0"), ("0.5500", "9.00"), ("0.5000", "1.00"))
    assert made.take(frame("changes", 8, 5, bids=changed))
    assert [(lv.price, lv.total_quantity) for lv in made.bids(YES)] == [
        (Decimal("0.55"), Decimal(9)),
        (Decimal("0.5"), Decimal(1)),
    ]
    assert made.update_id == 8


def test_a_change_that_does_not_follow_is_a_gap() -> None:
    """A change whose prev_update_id is not the book's raises Gap and leaves the book alone."""
    made = book()
    with pytest.raises(Gap) as gap:
        made.take(frame("changes", 8, 6, bids=levels(("0.6000", "0"))))
    assert (gap.value.have, gap.value.follows) == (5, 6)
    assert made.update_id == 5
    assert made.best_bid(YES) is not None


def test_an_old_change_is_dropped() -> None:
    """A change up to the book's own update changes nothing."""
    made = book()
    assert not made.take(frame("changes", 5, 3, bids=levels(("0.6000", "0"))))
    best = made.best_bid(YES)
    assert best is not None
    assert best.price == Decimal("0.6")


def test_nothing_is_taken_before_a_snapshot() -> None:
    """A change without a snapshot before it is a gap, whatever its numbers."""
    with pytest.raises(Gap):
        LocalBook(1, 7).take(frame("changes", 5, 0))
