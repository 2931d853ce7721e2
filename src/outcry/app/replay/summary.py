"""The figures of the report: sums, the record against what was paid, calibration. Pure.

Nothing here says when a run happened, how fast it was, or how the exchange numbered things: two
runs over the same files have the same summary.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final, NamedTuple

from outcry.app.replay.bots import BOTS
from outcry.app.replay.figures import KINDS, Fill, MarketFigures
from outcry.app.replay.inputs import Inputs
from outcry.app.replay.rule import Basis


#: Bins of a traded price, and of the time left.
PRICE_BINS: Final = 10
LEFT_BINS: Final = 10
SECONDS_PER_HOUR: Final = 3_600


class PriceBin(NamedTuple):
    """Fills whose price lies in one bin: what was paid, and how often outcome 0 won, by shares."""

    fills: int
    shares: Decimal
    price: Decimal
    won: Decimal


class LeftBin(NamedTuple):
    """Fills with so much of the market's time left: how far prices were from the outcome."""

    fills: int
    #: Mean squared distance of price and outcome, by shares.
    brier: Decimal


class Hour(NamedTuple):
    """One hour of the file: value traded, by kind of match, and the price at its end."""

    begins: int
    values: tuple[Decimal, Decimal, Decimal]
    price: int


class OddMarket(NamedTuple):
    """A market that the feed cannot decide in the ordinary way."""

    slug: str
    reason: str
    paid: str
    recorded: str


@dataclass(slots=True)
class Summary:
    """Everything that the report says."""

    files: list[tuple[str, str]]
    markets: int
    ticks: int
    listed: int = 0
    exact: int = 0
    exact_agree: int = 0
    disagree: list[str] = field(default_factory=list)
    late: int = 0
    late_agree: int = 0
    stale: int = 0
    unlisted: int = 0
    won: tuple[int, int] = (0, 0)
    orders: dict[str, int] = field(default_factory=dict)
    orders_least: int = 0
    orders_most: int = 0
    fills: dict[str, int] = field(default_factory=dict)
    shares: dict[str, Decimal] = field(default_factory=dict)
    values: dict[str, Decimal] = field(default_factory=dict)
    fees: Decimal = Decimal(0)
    rebates: Decimal = Decimal(0)
    redeemed: Decimal = Decimal(0)
    gains: dict[str, Decimal] = field(default_factory=dict)
    #: Gains of each bot, summed up market by market.
    gains_by_market: dict[str, list[Decimal]] = field(default_factory=dict)
    brier: Decimal = Decimal(0)
    prices: list[PriceBin | None] = field(default_factory=list)
    left: list[LeftBin | None] = field(default_factory=list)
    hours: list[Hour] = field(default_factory=list)
    exceptions: list[OddMarket] = field(default_factory=list)
    clean: bool = False

    @property
    def agrees(self) -> bool:
        """Return whether every market with a tick at its closing second paid as recorded."""
        return self.exact == self.exact_agree


def summarise(inputs: Inputs, figures: list[MarketFigures], *, clean: bool) -> Summary:
    """Return the summary; *clean* is what the verification said."""
    files = list(zip(inputs.names, inputs.digests, strict=True))
    summary = Summary(files, len(figures), len(inputs.feed), clean=clean)
    listed = [market for market in figures if market.payout is not None]
    summary.listed = len(listed)
    won = Counter(market.outcome for market in listed)
    summary.won = (won[0], won[1])
    for market in figures:
        _compare(summary, market)
    _add_up(summary, listed)
    decided = [(market, fill) for market in listed for fill in market.fills]
    _calibrate(summary, decided)
    summary.hours = _hours(inputs, decided)
    return summary


def _compare(summary: Summary, market: MarketFigures) -> None:
    listing, (basis, _, age) = market.listing, market.verdict
    recorded = "-" if listing.recorded is None else listing.outcomes[listing.recorded]
    agrees = listing.recorded is None or listing.recorded == market.outcome
    if basis is Basis.EXACT:
        summary.exact += 1
        summary.exact_agree += agrees
        if not agrees:
            summary.disagree.append(listing.slug)
        return
    if basis is Basis.LATE:
        summary.late += 1
        summary.late_agree += agrees
        reason = f"no tick at the closing second; the last one is {age} s old"
    elif basis is Basis.STALE:
        summary.stale += 1
        reason = "no tick before the end" if age is None else f"the last tick is {age} s old"
    else:
        summary.unlisted += 1
        reason = "no strike in the file"
    summary.exceptions.append(OddMarket(listing.slug, reason, _paid(market), recorded))


def _paid(market: MarketFigures) -> str:
    if market.payout is None:
        return "not listed"
    return "half each" if market.outcome is None else market.listing.outcomes[market.outcome]


def _add_up(summary: Summary, listed: list[MarketFigures]) -> None:
    counts = [sum(market.orders.values()) for market in listed]
    summary.orders_least, summary.orders_most = min(counts, default=0), max(counts, default=0)
    for bot in BOTS:
        summary.orders[bot] = sum(market.orders[bot] for market in listed)
        total, sums = Decimal(0), []
        for market in listed:
            total += market.gains[bot]
            sums.append(total)
        summary.gains[bot], summary.gains_by_market[bot] = total, sums
    for kind in KINDS:
        fills = [fill for market in listed for fill in market.fills if fill.kind == kind]
        summary.fills[kind] = len(fills)
        summary.shares[kind] = _total(fill.quantity for fill in fills)
        summary.values[kind] = _total(fill.value for fill in fills)
    summary.fees = _total(market.fees for market in listed)
    summary.rebates = _total(market.rebates for market in listed)
    summary.redeemed = _total(market.redeemed for market in listed)


def _calibrate(summary: Summary, fills: list[tuple[MarketFigures, Fill]]) -> None:
    """Put the fills of markets with a winner into bins, by price and by time left."""
    by_price: list[list[tuple[Fill, Decimal]]] = [[] for _ in range(PRICE_BINS)]
    by_left: list[list[tuple[Fill, Decimal]]] = [[] for _ in range(LEFT_BINS)]
    for market, fill in fills:
        if market.outcome is None:
            continue
        result = (fill, Decimal(1 - market.outcome))
        by_price[min(int(fill.price * PRICE_BINS), PRICE_BINS - 1)].append(result)
        listing = market.listing
        left = (listing.end - fill.second) * LEFT_BINS // (listing.end - listing.start)
        by_left[min(left, LEFT_BINS - 1)].append(result)
    summary.prices = [_price_bin(results) for results in by_price]
    summary.left = [
        LeftBin(len(results), _brier(results)) if results else None for results in by_left
    ]
    summary.brier = _brier([result for results in by_price for result in results])


def _price_bin(results: list[tuple[Fill, Decimal]]) -> PriceBin | None:
    shares = _total(fill.quantity for fill, _ in results)
    if not shares:
        return None
    price = _total(fill.price * fill.quantity for fill, _ in results) / shares
    won = _total(fill.quantity * won for fill, won in results) / shares
    return PriceBin(len(results), shares, price, won)


def _brier(results: list[tuple[Fill, Decimal]]) -> Decimal:
    shares = _total(fill.quantity for fill, _ in results)
    errors = _total(fill.quantity * (fill.price - won) ** 2 for fill, won in results)
    return errors / shares if shares else Decimal(0)


def _hours(inputs: Inputs, fills: list[tuple[MarketFigures, Fill]]) -> list[Hour]:
    first = min(listing.start for listing in inputs.listings) // SECONDS_PER_HOUR
    last = max(listing.end - 1 for listing in inputs.listings) // SECONDS_PER_HOUR
    values: Counter[tuple[int, str]] = Counter()
    for _, fill in fills:
        values[fill.second // SECONDS_PER_HOUR, fill.kind] += fill.value  # type: ignore[assignment]
    hours = []
    for hour in range(first, last + 1):
        tick = inputs.feed.at((hour + 1) * SECONDS_PER_HOUR)
        of_kind = [Decimal(values[hour, kind]) for kind in KINDS]
        price = tick.price if tick else 0
        hours.append(Hour(hour * SECONDS_PER_HOUR, (of_kind[0], of_kind[1], of_kind[2]), price))
    return hours


def _total(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, Decimal(0))
