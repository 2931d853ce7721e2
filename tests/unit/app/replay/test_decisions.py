"""What a replay decides: how markets end, what bots want, in which order things happen."""

from dataclasses import replace
from decimal import Decimal

import pytest
from tests.support.recordings import LENGTH_SECONDS, START, write_recording

from outcry.app.replay.bots import BOTS, MAKERS, Want, grid_of, quotes, takes
from outcry.app.replay.fair import probability
from outcry.app.replay.inputs import Feed, Inputs, Listing, Tick, read
from outcry.app.replay.rule import Basis, judge
from outcry.app.replay.timeline import moments, order_name, step_of


STRIKE = 100 * 10**18


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Inputs:
    """Return a recording."""
    return read(*write_recording(tmp_path_factory.mktemp("recording")))


def ticks(*seconds_and_prices: tuple[float, int]) -> Feed:
    """Return a feed."""
    return Feed([Tick(int(at * 1_000), price) for at, price in seconds_and_prices])


@pytest.mark.parametrize(
    ("feed", "basis", "outcome"),
    [
        (ticks((200, STRIKE)), Basis.EXACT, 0),
        (ticks((200, STRIKE - 1)), Basis.EXACT, 1),
        (ticks((195, STRIKE - 1), (201, STRIKE)), Basis.LATE, 1),
        (ticks((199.5, STRIKE)), Basis.LATE, 0),
        (ticks((194.999, STRIKE)), Basis.STALE, None),
        (ticks((201, STRIKE)), Basis.STALE, None),
    ],
)
def test_the_last_tick_at_or_before_the_end_decides(
    inputs: Inputs, feed: Feed, basis: Basis, outcome: int | None
) -> None:
    """A tie counts as up, five seconds are young enough, older ones and later ones are not."""
    listing = replace(inputs.listings[0], start=100, end=200, strike=STRIKE)
    verdict = judge(listing, feed)
    assert (verdict.basis, verdict.outcome) == (basis, outcome)
    assert sum(verdict.payout) == 1


def test_without_a_strike_nothing_decides(inputs: Inputs) -> None:
    """A market without a strike has no outcome, whatever the feed says."""
    assert judge(inputs.listings[5], inputs.feed).basis is Basis.NO_STRIKE


def test_the_fair_value_follows_price_and_time(inputs: Inputs) -> None:
    """It is a half at the strike and before any price, and surer the nearer the end."""
    listing = replace(inputs.listings[0], start=0, end=1_000, strike=STRIKE)
    feed = ticks((0, STRIKE), (100, STRIKE + 10**17), (990, STRIKE + 10**17))
    assert probability(listing, Feed([]), 10) == 0.5
    assert probability(listing, feed, 0) == 0.5
    assert 0.5 < probability(listing, feed, 100) < probability(listing, feed, 990) < 1


def every_step(listing: Listing) -> range:
    """Return the seconds of the steps of a market."""
    return range(listing.start, listing.end, 12)


def test_quotes_cannot_meet_and_their_order_cannot_matter(inputs: Inputs) -> None:
    """No two quotes of a step share a price, no bid reaches an ask, all are on the grid."""
    for listing in inputs.listings[:5]:
        for step, second in enumerate(every_step(listing)):
            bids: list[Decimal] = []
            asks: list[Decimal] = []
            for want in quotes(listing, inputs.feed, step, second):
                assert want.bot in MAKERS
                assert want.post_only
                assert want.price is not None
                price = want.price if want.outcome == 0 else 1 - want.price
                assert listing.tick <= price <= 1 - listing.tick
                assert price % grid_of(listing).tick == 0
                (bids if (want.side == "buy") == (want.outcome == 0) else asks).append(price)
            assert len(set(bids + asks)) == len(bids) + len(asks) > 0
            assert max(bids, default=Decimal(0)) < min(asks, default=Decimal(1))


def wanted(listing: Listing, inputs: Inputs, step: int, second: int) -> list[Want]:
    """Return every order of a step."""
    rounds = takes(listing, inputs.feed, step, second)
    return [
        *quotes(listing, inputs.feed, step, second),
        *(want for some in rounds for want in some),
    ]


def test_takers_of_one_round_take_from_different_sides(inputs: Inputs) -> None:
    """Of a round no two orders take from the same side of the book, and none can rest."""
    for listing in inputs.listings[:5]:
        for step, second in enumerate(every_step(listing)):
            for together in takes(listing, inputs.feed, step, second):
                sides = [(want.side == "buy") == (want.outcome == 0) for want in together]
                assert len(set(sides)) == len(sides)
                assert {want.time_in_force for want in together} <= {"IOC", "FOK"}


def test_bots_want_the_same_again(inputs: Inputs) -> None:
    """What bots want depends on market and step only, and each order has a name of its own."""
    names = set()
    for listing in inputs.listings[:5]:
        for step, second in enumerate(every_step(listing)):
            wants = wanted(listing, inputs, step, second)
            assert wants == wanted(listing, inputs, step, second)
            for want in wants:
                assert want.bot in BOTS
                name = order_name(listing, step, want.bot, want.number)
                assert name not in names
                assert len(name) <= 64
                assert step_of(name) == step
                names.add(name)
    assert step_of("somebody else's") == -1


def test_markets_end_before_others_begin(inputs: Inputs) -> None:
    """Moments rise; in each, markets end, then begin, then bots act; every step is there once."""
    found = list(moments(inputs.listings, 12))
    assert [moment.second for moment in found] == sorted({moment.second for moment in found})
    second = next(moment for moment in found if moment.second == START + LENGTH_SECONDS)
    assert [listing.slug for listing in second.ends] == ["up-or-down-0"]
    assert [listing.slug for listing in second.starts] == ["up-or-down-1"]
    assert [(step.listing.slug, step.number) for step in second.steps] == [("up-or-down-1", 0)]
    assert sum(len(moment.steps) for moment in found) == len(inputs.listings) * 5
