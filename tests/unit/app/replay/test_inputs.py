"""The files of a replay: what is read, and what is refused with file and line."""

import gzip
import json
from decimal import Decimal
from pathlib import Path

import pytest
from tests.support.recordings import write_recording

from outcry.app.failures import UsageError
from outcry.app.replay.inputs import Tick, read


SMALLEST = {"slug": "a", "start_sec": 100, "end_sec": 200}


def files(folder: Path, market: object, *rows: str) -> tuple[Path, Path]:
    """Write one market and some prices."""
    markets, prices = folder / "m.jsonl", folder / "p.csv"
    markets.write_text(json.dumps(market))
    prices.write_text("\n".join(["feed_ts_ms,value", *rows]))
    return markets, prices


def test_a_recording_is_read_as_it_was_written(tmp_path: Path) -> None:
    """Strike, record, tick, size, tokens and fees of a venue's listing are taken over."""
    listings = read(*write_recording(tmp_path)).listings
    first, second = listings[:2]
    assert first.outcomes == ("Up", "Down")
    assert (first.tick, second.tick) == (Decimal("0.001"), Decimal("0.01"))
    assert first.fees == (700, 2_000)
    assert first.token_ids[0] != first.token_ids[1]
    assert {listing.recorded for listing in listings} <= {0, 1}
    assert listings[5].strike is None


def test_a_small_market_and_decimal_prices_are_enough(tmp_path: Path) -> None:
    """Names, tick, size and fees have defaults; prices may be decimal text, files compressed."""
    markets, prices = files(tmp_path, SMALLEST, "100000,65000.5", "101000,65001")
    packed = tmp_path / "m.jsonl.gz"
    packed.write_bytes(gzip.compress(markets.read_bytes()))
    inputs = read(packed, prices)
    (listing,) = inputs.listings
    assert (listing.question, listing.outcomes) == ("a", ("Yes", "No"))
    assert (listing.min_size, listing.recorded, listing.fees) == (Decimal(5), None, (0, 0))
    assert inputs.feed.at(100) == Tick(100_000, 65_000_500_000_000_000_000_000)
    assert inputs.feed.at(99) is None


@pytest.mark.parametrize(
    ("market", "rows", "said"),
    [
        ({**SMALLEST, "end_sec": 100}, (), "m.jsonl, line 1"),
        ({"slug": "a"}, (), "start_sec"),
        ({**SMALLEST, "tick_size": "0.03"}, (), "tick that divides"),
        ({**SMALLEST, "raw": {"outcomes": '["one"]'}}, (), "two outcomes"),
        (SMALLEST, ("5,1", "5,1"), "p.csv, line 3"),
        (SMALLEST, ("5,much",), "p.csv, line 2"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(
    tmp_path: Path, market: object, rows: tuple[str, ...], said: str
) -> None:
    """A file that cannot be replayed is refused with file, line and reason."""
    with pytest.raises(UsageError, match=said):
        read(*files(tmp_path, market, *rows))
