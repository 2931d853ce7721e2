"""Small recordings for replays: markets and a settlement feed, made up here and always the same."""

import json
from pathlib import Path
from random import Random
from typing import Final


START: Final = 1_700_000_100
LENGTH_SECONDS: Final = 60
SCALE: Final = 10**18


def write_recording(folder: Path, markets: int = 6) -> tuple[Path, Path]:
    """Write markets one after the other and the feed over them; returns both files.

    Of six: three are decided at the closing second, the fourth two seconds before, the fifth has no
    price for long enough before its end, the sixth no strike.
    """
    end = START + markets * LENGTH_SECONDS
    prices, rng, price = {}, Random(7), 65_000 * 100
    for second in range(START - 100, end + 1):
        price += rng.randint(-300, 300)
        prices[second] = price * SCALE // 100
    lines = []
    for number in range(markets):
        start = START + number * LENGTH_SECONDS
        strike = prices[start]
        won = 0 if prices[start + LENGTH_SECONDS] >= strike else 1
        lines.append(_market(number, start, None if number == 5 else strike, won))
    late, stale = (START + number * LENGTH_SECONDS for number in (4, 5))
    missing = {late, late - 1, *range(stale - 20, stale + 1)}
    rows = [f"{at * 1_000},,{price}" for at, price in prices.items() if at not in missing]
    markets_file, prices_file = folder / "markets.jsonl", folder / "prices.csv"
    markets_file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    prices_file.write_text("\n".join(["feed_ts_ms,value,full_accuracy_value", *rows]) + "\n")
    return markets_file, prices_file


def _market(number: int, start: int, strike: int | None, won: int) -> dict[str, object]:
    return {
        "slug": f"up-or-down-{number}",
        "question": f"Up or down, part {number}?",
        "condition_id": f"0x{number:064x}",
        "token_ids": [str(10**20 + 2 * number), str(10**20 + 2 * number + 1)],
        "start_sec": start,
        "end_sec": start + LENGTH_SECONDS,
        "strike_value": None if strike is None else str(strike),
        "outcome_prices": ["1", "0"] if won == 0 else ["0", "1"],
        "raw": {
            "outcomes": '["Up", "Down"]',
            "orderPriceMinTickSize": 0.01 if number % 2 else 0.001,
            "orderMinSize": 5,
            "feeSchedule": {"rate": 0.07, "exponent": 1, "rebateRate": 0.2},
        },
    }
