"""The files of a replay: markets and prices, read strictly. Formats: docs/operating/replay.md."""

import csv
import gzip
import hashlib
import io
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import Struct

from outcry.app.failures import UsageError


#: Strikes and prices are integers of this many decimals.
DECIMALS: Final = 18
MARKETS_MAX: Final = 100_000
_MILLIS: Final = 1_000
_BPS: Final = 10_000


class FeeTerms(NamedTuple):
    """What takers pay: rate * p * (1 - p) of each share, and how much of it makers get."""

    taker_bps: int
    rebate_bps: int


@dataclass(frozen=True, slots=True)
class Listing:
    """One market of the file. Times are seconds."""

    slug: str
    question: str
    condition_id: str
    token_ids: tuple[str, str]
    outcomes: tuple[str, str]
    start: int
    end: int
    #: The price that decides, times 10**18; None: the market cannot be settled.
    strike: int | None
    #: The outcome that won according to the file, None when it does not say.
    recorded: int | None
    tick: Decimal
    min_size: Decimal
    fees: FeeTerms


class Tick(NamedTuple):
    """One price of the feed, times 10**18, at a moment in milliseconds."""

    at_ms: int
    price: int


class Feed:
    """The prices of the feed, by time."""

    def __init__(self, ticks: list[Tick]) -> None:
        self._ticks = ticks
        self._times = [tick.at_ms for tick in ticks]

    def __len__(self) -> int:
        return len(self._ticks)

    def at(self, second: int) -> Tick | None:
        """Return the last tick at or before *second*, None when there is none."""
        index = bisect_right(self._times, second * _MILLIS)
        return self._ticks[index - 1] if index else None


class Inputs(NamedTuple):
    """Both files, and digests that tell them from others."""

    listings: list[Listing]
    feed: Feed
    names: tuple[str, str]
    digests: tuple[str, str]


class _Fees(Struct):
    rate: float = 0.0
    exponent: float = 1.0
    rebateRate: float = 0.0  # noqa: N815 - the recorder's name


class _Raw(Struct):
    """The venue's own listing, where the file has one."""

    question: str = ""
    outcomes: str | list[str] = '["Yes", "No"]'
    orderPriceMinTickSize: Decimal = Decimal("0.001")  # noqa: N815 - the recorder's name
    orderMinSize: Decimal = Decimal(5)  # noqa: N815 - likewise
    feeSchedule: _Fees | None = None  # noqa: N815 - likewise


class _Line(Struct):
    """One line of the file of markets."""

    slug: str
    start_sec: int
    end_sec: int
    strike_value: str | int | None = None
    outcome_prices: list[str] | None = None
    condition_id: str = ""
    token_ids: tuple[str, str] = ("", "")
    question: str = ""
    tick_size: Decimal | None = None
    min_size: Decimal | None = None
    raw: _Raw = msgspec.field(default_factory=_Raw)


_line = msgspec.json.Decoder(_Line)


def read(markets: Path, prices: Path) -> Inputs:
    """Read both files; raises `UsageError` with file and line."""
    market_bytes, price_bytes = _bytes(markets), _bytes(prices)
    listings = list(_listings(markets.name, market_bytes))
    if not listings:
        raise UsageError(f"{markets}: no market in it")
    feed = Feed(list(_ticks(prices.name, price_bytes)))
    digests = tuple(hashlib.sha256(data).hexdigest() for data in (market_bytes, price_bytes))
    names = (markets.name, prices.name)
    return Inputs(sorted(listings, key=_order), feed, names, (digests[0], digests[1]))


def _order(listing: Listing) -> tuple[int, str]:
    return listing.start, listing.slug


def _bytes(path: Path) -> bytes:
    try:
        data = path.read_bytes()
        return gzip.decompress(data) if path.suffix == ".gz" else data
    except (OSError, EOFError) as error:
        raise UsageError(f"{path} cannot be read: {error}") from error


def _listings(name: str, data: bytes) -> Iterator[Listing]:
    seen: set[str] = set()
    for number, text in enumerate(data.splitlines(), 1):
        if not text.strip():
            continue
        try:
            listing = _listing(_line.decode(text))
        except (msgspec.DecodeError, ValueError) as error:
            raise UsageError(f"{name}, line {number}: {error}") from error
        if listing.slug in seen or len(seen) >= MARKETS_MAX:
            raise UsageError(f"{name}, line {number}: a second {listing.slug}, or too many")
        seen.add(listing.slug)
        yield listing


def _listing(line: _Line) -> Listing:
    raw = line.raw
    outcomes = raw.outcomes if isinstance(raw.outcomes, list) else _texts(raw.outcomes)
    tick = line.tick_size or raw.orderPriceMinTickSize
    if line.end_sec <= line.start_sec or not line.slug:
        raise ValueError("a market needs a slug, and an end after its start")
    if len(outcomes) != 2 or _BPS % int(tick * _BPS or 1):  # noqa: PLR2004 - YES and NO
        raise ValueError(
            "a market has two outcomes, and a tick that divides 1 into steps of 0.0001"
        )
    fees = raw.feeSchedule or _Fees()
    return Listing(
        slug=line.slug,
        question=line.question or raw.question or line.slug,
        condition_id=line.condition_id,
        token_ids=line.token_ids,
        outcomes=(outcomes[0], outcomes[1]),
        start=line.start_sec,
        end=line.end_sec,
        strike=None if line.strike_value in (None, "") else int(line.strike_value or 0),
        recorded=_recorded(line.outcome_prices),
        tick=tick,
        min_size=line.min_size or raw.orderMinSize,
        fees=FeeTerms(round(fees.rate * _BPS), round(fees.rebateRate * _BPS)),
    )


def _texts(text: str) -> list[str]:
    found: list[str] = msgspec.json.decode(text, type=list[str])
    return found


def _recorded(prices: list[str] | None) -> int | None:
    values = [Decimal(price) for price in prices or ()]
    return values.index(Decimal(1)) if sorted(values) == [0, 1] else None


def _ticks(name: str, data: bytes) -> Iterator[Tick]:
    rows = csv.DictReader(io.StringIO(data.decode()))
    before = -1
    for number, row in enumerate(rows, 2):
        try:
            tick = Tick(int(row["feed_ts_ms"]), _price(row))
        except (KeyError, ValueError, InvalidOperation, TypeError) as error:
            raise UsageError(f"{name}, line {number}: {error!r}") from error
        if tick.at_ms <= before or tick.price <= 0:
            raise UsageError(f"{name}, line {number}: times must rise, prices be positive")
        before = tick.at_ms
        yield tick


def _price(row: dict[str | Any, str | Any]) -> int:
    exact = row.get("full_accuracy_value")
    return int(exact) if exact else int(Decimal(row["value"]).scaleb(DECIMALS))
