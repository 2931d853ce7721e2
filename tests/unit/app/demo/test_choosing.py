"""What a bot that takes does."""

import random
from decimal import Decimal

from outcry.app.demo.choosing import Choice, Limit, Pairs, Spend, View, choose


TICK = Decimal("0.01")
BOOK = View(
    TICK,
    (Decimal("0.48"), Decimal("0.50")),
    (Decimal("0.50"), Decimal("0.52")),
    (Decimal(100), Decimal(100)),
)


def choices(view: View, count: int = 500) -> list[Choice]:
    """Return what is chosen with one seed."""
    rng = random.Random(7)
    return [choice for _ in range(count) if (choice := choose(view, rng)) is not None]


def test_every_kind_of_request_happens() -> None:
    """Limits and money, both outcomes, both sides, splits and merges."""
    made = choices(BOOK)
    limits = {(choice.outcome, choice.side) for choice in made if isinstance(choice, Limit)}
    assert limits == {(0, "buy"), (0, "sell"), (1, "buy"), (1, "sell")}
    assert {choice.outcome for choice in made if isinstance(choice, Spend)} == {0, 1}
    assert {choice.shares for choice in made if isinstance(choice, Pairs)} == {25, -25}


def test_a_limit_crosses_the_book_and_stays_on_the_grid() -> None:
    """A buy pays at least the best offer, a sell takes at most the best bid, in whole ticks."""
    for choice in choices(BOOK):
        if isinstance(choice, Limit):
            assert choice.price % TICK == 0
            best = (BOOK.asks if choice.side == "buy" else BOOK.bids)[choice.outcome]
            assert best is not None
            assert choice.price >= best if choice.side == "buy" else choice.price <= best


def test_prices_stay_between_nothing_and_one() -> None:
    """At the edge of the grid a bot does not reach beyond it."""
    edge = View(
        TICK, (TICK, TICK), (Decimal("0.99"), Decimal("0.99")), (Decimal(100), Decimal(100))
    )
    prices = {choice.price for choice in choices(edge) if isinstance(choice, Limit)}
    assert prices == {TICK, Decimal("0.99")}


def test_nobody_sells_or_merges_what_they_do_not_have() -> None:
    """Without tokens there are buys and splits only; with few, a sell is for no more."""
    poor = choices(BOOK._replace(free=(Decimal(0), Decimal("4.99"))))
    assert all(choice.side == "buy" for choice in poor if isinstance(choice, Limit))
    assert {choice.shares for choice in poor if isinstance(choice, Pairs)} == {25}
    few = choices(BOOK._replace(free=(Decimal("6.5"), Decimal("6.5"))))
    sold = [c.shares for c in few if isinstance(c, Limit) and c.side == "sell"]
    assert sold
    assert max(sold) == 6


def test_an_empty_book_is_left_alone() -> None:
    """Where nobody quotes there is nothing to take; only pairs can be made."""
    nobody = View(TICK, (None, None), (None, None), (Decimal(100), Decimal(100)))
    assert all(isinstance(choice, Pairs) for choice in choices(nobody))
