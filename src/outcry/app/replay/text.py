"""The report as text. Pure."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from outcry.app.replay.bots import BOTS
from outcry.app.replay.figures import KINDS
from outcry.app.replay.summary import LEFT_BINS, PRICE_BINS, Summary


_BAR_LENGTH: Final = 30
DIGEST_LENGTH: Final = 16


def render(summary: Summary) -> str:
    """Return the report."""
    sections = (_header, _settled, _trading, _bots, _calibration, _convergence, _exceptions)
    return "\n\n".join("\n".join(section(summary)) for section in sections) + "\n"


def _header(summary: Summary) -> Iterator[str]:
    yield "Outcry replay"
    yield ""
    for name, digest in summary.files:
        yield f"  {name}  sha256 {digest[:DIGEST_LENGTH]}…"
    first, last = summary.hours[0].begins, summary.hours[-1].begins
    yield f"  {summary.markets} markets, {summary.ticks:,} ticks, {day(first)} to {day(last)} UTC"
    yield f"  verification: {'clean' if summary.clean else 'NOT CLEAN'}"


def _settled(summary: Summary) -> Iterator[str]:
    yield "Markets"
    up, down = summary.won
    yield f"  {summary.listed:6} listed"
    yield f"  {up:6}   of these paid the first outcome, {down} the second"
    yield f"  {summary.exact:6} decided by a tick at the closing second"
    yield f"  {summary.exact_agree:6}   of these agree with the record"
    yield f"  {summary.late:6} decided by the last tick, at most 5 s before the end"
    yield f"  {summary.late_agree:6}   of these agree with the record"
    yield f"  {summary.stale:6} voided, half each: no tick in the last 5 s"
    yield f"  {summary.unlisted:6} not listed: no strike"
    for slug in summary.disagree:
        yield f"  AGAINST THE RECORD: {slug}"


def _trading(summary: Summary) -> Iterator[str]:
    yield "Trading"
    orders = sum(summary.orders.values())
    yield f"  {orders:,} orders, {summary.orders_least} to {summary.orders_most} in each market"
    fills, shares = sum(summary.fills.values()), sum(summary.shares.values(), Decimal(0))
    value = sum(summary.values.values(), Decimal(0))
    yield ""
    yield f"  {'fills':10} {'number':>10} {'shares':>14} {'value':>16}"
    for kind in KINDS:
        yield (
            f"  {kind:10} {summary.fills[kind]:10,} {summary.shares[kind]:14,.2f} "
            f"{summary.values[kind]:16,.2f}"
        )
    yield f"  {'all':10} {fills:10,} {shares:14,.2f} {value:16,.2f}"
    yield ""
    kept = summary.fees - summary.rebates
    yield f"  fees {summary.fees:,.6f}, of which {summary.rebates:,.6f} went to makers"
    yield f"  and {kept:,.6f} stayed; {summary.redeemed:,.2f} redeemed"


def _bots(summary: Summary) -> Iterator[str]:
    yield "Bots"
    yield f"  {'':10} {'orders':>10} {'gain':>16}"
    for bot in BOTS:
        yield f"  {bot:10} {summary.orders[bot]:10,} {summary.gains[bot]:16,.2f}"
    total = sum(summary.gains.values(), Decimal(0))
    yield f"  {'all':10} {sum(summary.orders.values()):10,} {total:16,.2f}   (the fees that stayed)"


def _calibration(summary: Summary) -> Iterator[str]:
    yield "Traded prices of the first outcome against what happened, by shares"
    yield f"  {'price':11} {'fills':>8} {'shares':>12} {'mean price':>11} {'won':>8}"
    for index, found in enumerate(summary.prices):
        label = f"{index / PRICE_BINS:.1f} to {(index + 1) / PRICE_BINS:.1f}"
        if found is None:
            yield f"  {label:11} {0:8}"
            continue
        yield (
            f"  {label:11} {found.fills:8,} {found.shares:12,.0f} "
            f"{found.price:11.4f} {found.won:8.4f}  {bar(found.won)}"
        )
    yield f"  Brier score {summary.brier:.4f} (0 knows everything, 0.25 nothing)"


def _convergence(summary: Summary) -> Iterator[str]:
    yield "Brier score by the part of a market's time that is left"
    for index in reversed(range(LEFT_BINS)):
        found = summary.left[index]
        label = f"{100 * index // LEFT_BINS:3}% to {100 * (index + 1) // LEFT_BINS:3}%"
        if found is not None:
            yield f"  {label} {found.fills:8,} fills {found.brier:8.4f}  {bar(4 * found.brier)}"


def _exceptions(summary: Summary) -> Iterator[str]:
    yield f"The {len(summary.exceptions)} markets that no tick at the closing second decides"
    for odd in summary.exceptions:
        yield f"  {odd.slug}  paid {odd.paid}, recorded {odd.recorded}: {odd.reason}"


def bar(share: Decimal) -> str:
    """Return a bar as long as *share* of 1."""
    return "#" * round(min(share, Decimal(1)) * _BAR_LENGTH)


def day(second: int) -> str:
    """Return a time of day with its date, in UTC."""
    return datetime.fromtimestamp(second, UTC).strftime("%Y-%m-%d %H:%M")
