"""The report as one HTML file with charts; it needs nothing from outside. Pure."""

from datetime import UTC, datetime
from html import escape
from math import sqrt
from typing import Final

from outcry.app.replay import charts
from outcry.app.replay.bots import BOTS
from outcry.app.replay.figures import KINDS
from outcry.app.replay.inputs import DECIMALS
from outcry.app.replay.summary import LEFT_BINS, SECONDS_PER_HOUR, Summary
from outcry.app.replay.text import render as render_text


_STYLE: Final = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 960px; margin: 2em auto; padding: 0 1em;
  color: #222; background: #fff; }
h1 { font-size: 1.6em; } h2 { font-size: 1.15em; margin: 2em 0 .2em; }
p { margin: .3em 0 .6em; } svg { width: 100%; height: auto; }
svg text { font: 12px system-ui, sans-serif; fill: #555; } .grid { stroke: #e4e4e4; }
.legend span { margin-right: 1.4em; } .legend i { display: inline-block; width: .8em; height: .8em;
  margin-right: .4em; }
.figures { display: flex; flex-wrap: wrap; gap: .6em 2.4em; margin: 1em 0; }
.figures b { display: block; font-size: 1.5em; } pre { background: #f6f6f6; padding: 1em;
  overflow-x: auto; font-size: 12px; line-height: 1.35; }
"""
#: Hours between two marks of the time axis.
_HOURS_APART: Final = 3
_DOT_MAX: Final = 22.0


def render(summary: Summary) -> str:
    """Return the page."""
    sections = (_day(summary), _calibration(summary), _convergence(summary), _gains(summary))
    body = "\n".join(sections)
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">\n'
        f"<title>Outcry replay</title>\n<style>{_STYLE}</style></head>\n<body>\n"
        f"<h1>Outcry replay</h1>\n{_figures(summary)}\n{body}\n"
        f"<h2>Everything in words</h2>\n<pre>{escape(render_text(summary))}</pre>\n"
        "</body></html>\n"
    )


def _figures(summary: Summary) -> str:
    value = sum(summary.values.values())
    told = (
        (f"{summary.exact_agree} of {summary.exact}", "agree with the record"),
        (f"{summary.listed}", "markets traded"),
        (f"{sum(summary.orders.values()):,}", "orders"),
        (f"{sum(summary.fills.values()):,}", "fills"),
        (f"{value:,.0f}", "value traded"),
        ("clean" if summary.clean else "NOT CLEAN", "verification"),
    )
    return (
        '<div class="figures">'
        + "".join(f"<div><b>{escape(figure)}</b>{escape(name)}</div>" for figure, name in told)
        + "</div>"
    )


def _section(title: str, words: str, *parts: str) -> str:
    return f"<h2>{escape(title)}</h2>\n<p>{escape(words)}</p>\n" + "\n".join(parts)


def _day(summary: Summary) -> str:
    """Value traded in each hour, by kind, and the price over it."""
    hours = summary.hours
    x = charts.x_scale(hours[0].begins, hours[-1].begins + SECONDS_PER_HOUR)
    most = max(float(sum(hour.values)) for hour in hours) or 1.0
    y = charts.y_scale(0, most * 1.05)
    width = (x.at(SECONDS_PER_HOUR) - x.at(0)) * 0.8
    parts = charts.y_axis(y, ",.0f", label="value traded")
    for hour in hours:
        base = 0.0
        left = x.at(hour.begins) + width * 0.125
        for kind, value in enumerate(hour.values):
            top = base + float(value)
            parts.append(
                charts.box(left, y.at(top), width, y.at(base) - y.at(top), charts.COLOURS[kind])
            )
            base = top
    prices = [hour.price / 10**DECIMALS for hour in hours if hour.price]
    if prices:
        scale = charts.y_scale(min(prices), max(prices))
        parts += charts.y_axis(scale, ",.0f", right=True, label="price")
        ends = [(x.at(hour.begins + SECONDS_PER_HOUR), hour.price) for hour in hours if hour.price]
        points = [(place, scale.at(price / 10**DECIMALS)) for place, price in ends]
        parts.append(charts.line(points, "#444"))
    labels = [
        (float(hour.begins), datetime.fromtimestamp(hour.begins, UTC).strftime("%H:%M"))
        for hour in hours[::_HOURS_APART]
    ]
    parts += charts.x_axis(x, labels, "UTC")
    named = [*zip(KINDS, charts.COLOURS, strict=False), ("price at the end of the hour", "#444")]
    return _section(
        "The day",
        "Value traded in each hour by kind of match, and the settlement feed.",
        charts.frame("The day", parts),
        charts.legend(named),
    )


def _calibration(summary: Summary) -> str:
    x, y = charts.x_scale(0, 1), charts.y_scale(0, 1)
    parts = charts.y_axis(y, ".2f", label="won")
    parts += charts.x_axis(x, [(i / 10, f"{i / 10:.1f}") for i in range(11)], "traded price")
    diagonal = [(x.at(0), y.at(0)), (x.at(1), y.at(1))]
    parts.append(charts.line(diagonal, "#999", dashed=True))
    most = max((float(found.shares) for found in summary.prices if found), default=1.0)
    for found in summary.prices:
        if found is not None:
            radius = 3 + _DOT_MAX * sqrt(float(found.shares) / most)
            place = x.at(float(found.price)), y.at(float(found.won))
            parts.append(charts.dot(*place, radius, charts.COLOURS[0]))
    return _section(
        "Prices against what happened",
        "Of the shares traded around a price of the first outcome, how many belonged to markets "
        "that it won. On the dashed line prices are right; the larger a dot, the more shares.",
        charts.frame("Calibration", parts),
    )


def _convergence(summary: Summary) -> str:
    most = max((float(found.brier) for found in summary.left if found), default=0.0)
    x, y = charts.x_scale(LEFT_BINS, 0), charts.y_scale(0, max(most * 1.1, 0.25))
    parts = charts.y_axis(y, ".3f", label="Brier score")
    width = (x.at(0) - x.at(1)) * 0.7
    for index, found in enumerate(summary.left):
        if found is not None:
            height = y.at(0) - y.at(float(found.brier))
            middle = x.at(index + 0.5)
            parts.append(
                charts.box(middle - width / 2, y.at(float(found.brier)), width, height,
                           charts.COLOURS[2])
            )  # fmt: skip
    labels = [(float(index), f"{100 * index // LEFT_BINS}%") for index in range(LEFT_BINS + 1)]
    parts += charts.x_axis(x, labels, "time left")
    return _section(
        "What prices know, as the end comes closer",
        "Mean squared distance of traded prices from the outcome: 0 is perfect, 0.25 is a guess.",
        charts.frame("Convergence", parts),
    )


def _gains(summary: Summary) -> str:
    series = {bot: [0.0, *map(float, summary.gains_by_market[bot])] for bot in BOTS}
    low = min(min(values) for values in series.values())
    high = max(max(values) for values in series.values())
    x, y = charts.x_scale(0, max(summary.listed, 1)), charts.y_scale(low, high)
    parts = charts.y_axis(y, ",.0f", label="gain")
    for values, colour in zip(series.values(), charts.COLOURS, strict=False):
        points = [(x.at(index), y.at(value)) for index, value in enumerate(values)]
        parts.append(charts.line(points, colour))
    apart = max(1, summary.listed // 6)
    labels = [(float(at), str(at)) for at in range(0, summary.listed + 1, apart)]
    parts += charts.x_axis(x, labels, "markets settled")
    return _section(
        "Who gained",
        "Gains of each bot after fees, market by market. What all of them lose together is what "
        "the exchange keeps of the fees.",
        charts.frame("Gains", parts),
        charts.legend(list(zip(BOTS, charts.COLOURS, strict=False))),
    )
