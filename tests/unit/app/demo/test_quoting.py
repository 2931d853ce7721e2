"""What a bot that quotes wants, and what it changes."""

import random

import pytest

from outcry.app.demo.quoting import Quote, changes, ladder, wander


@pytest.mark.parametrize("grid", [100, 1_000, 10_000])
@pytest.mark.parametrize("owned", [(0, 0), (40, 40), (10_000, 10_000)])
def test_a_ladder_never_trades_with_itself(grid: int, owned: tuple[int, int]) -> None:
    """Every bid for outcome 0, in either form, is below every offer, whatever the fair value."""
    for fair in range(grid // 20, grid - grid // 20 + 1, max(1, grid // 100)):
        quotes = ladder(fair, grid, 40, owned)
        bids = [q.steps for q in quotes if (q.outcome, q.side) == (0, "buy")]
        bids += [grid - q.steps for q in quotes if (q.outcome, q.side) == (1, "sell")]
        asks = [q.steps for q in quotes if (q.outcome, q.side) == (0, "sell")]
        asks += [grid - q.steps for q in quotes if (q.outcome, q.side) == (1, "buy")]
        assert max(bids) < fair < min(asks)
        assert all(1 <= price < grid for price in bids + asks)


def test_a_ladder_offers_only_tokens_that_are_there() -> None:
    """Without tokens everything is a buy; with tokens both outcomes are bought and sold."""
    assert {quote.side for quote in ladder(51, 100, 40, (0, 39))} == {"buy"}
    sold = [quote for quote in ladder(51, 100, 40, (40, 40)) if quote.side == "sell"]
    assert sorted(quote.outcome for quote in sold) == [0, 1]
    rich = {(quote.outcome, quote.side) for quote in ladder(51, 100, 40, (999, 999))}
    assert rich == {(0, "buy"), (0, "sell"), (1, "buy"), (1, "sell")}


def test_what_rests_where_it_is_wanted_stays() -> None:
    """Only quotes at other prices are cancelled, and only missing ones are placed."""
    stays, goes = Quote(0, "buy", 48, 7), Quote(0, "buy", 40, 40)
    wanted = [Quote(0, "buy", 48, 40), Quote(1, "buy", 45, 40)]
    change = changes({"a": stays, "b": goes}, wanted)
    assert change.cancel == ["b"]
    assert change.place == [Quote(1, "buy", 45, 40)]
    assert changes({}, wanted).place == wanted


def test_the_fair_value_wanders_inside_the_market() -> None:
    """It moves, and never comes near certainty."""
    rng = random.Random(1)
    fair, seen = 50, set()
    for _ in range(20_000):
        fair = wander(fair, 100, rng)
        seen.add(fair)
    assert min(seen) == 5
    assert max(seen) == 95
