"""What a load run is told as: lines of text, a file for programs, a chart for people."""

import html
import math
from pathlib import Path
from typing import Any, Final

import msgspec

from outcry.app.load.run import Result, Shape


_WIDE: Final = 860
_HIGH: Final = 300
_EDGE: Final = 60
_NINES_MAX: Final = 5.0


def line(result: Result) -> str:
    """Return the figures of a run in one line."""
    values = result.latencies.summary()
    shown = "  ".join(f"{name} {value:,.1f}" for name, value in values.items())
    totals = result.totals
    fills = f"fills {totals['fills']:,}  " if "fills" in totals else ""
    return f"{result.rate:>12,.0f} commands/s   µs: {shown}   {fills}rejects {totals['rejects']:,}"


def shape_text(shape: Shape) -> str:
    """Return how the load looked."""
    kind = f"{shape.rate:,.0f} commands/s" if shape.rate else f"window {shape.window}"
    return f"{shape.connections} connections, batches of {shape.batch}, {kind}"


def as_data(result: Result) -> dict[str, Any]:
    """Return a run for programs; latencies in microseconds."""
    shape = result.shape
    return {
        "connections": shape.connections,
        "window": shape.window,
        "batch": shape.batch,
        "offered_per_second": shape.rate,
        "seed": shape.seed,
        "seconds": result.seconds,
        "sent": result.sent,
        "answered": result.answered,
        "per_second": result.rate,
        "latency_us": result.latencies.summary(),
        "course": result.course,
        **result.totals,
    }


def write(folder: Path, results: list[Result], knee: Result | None) -> None:
    """Write result.json, chart.html and the histogram of the run that matters."""
    folder.mkdir(parents=True, exist_ok=True)
    main = knee or results[-1]
    data = {"runs": [as_data(result) for result in results], "knee": knee and knee.shape.rate}
    (folder / "result.json").write_bytes(msgspec.json.format(msgspec.json.encode(data)))
    main.latencies.write(folder)
    (folder / "chart.html").write_text(_page(results, main), "utf-8")


def _page(results: list[Result], main: Result) -> str:
    charts = [
        _chart(
            "Latency by percentile, µs",
            [(_nines(percentile), value) for percentile, value in main.latencies.curve()],
            [(0, "0 %"), (1, "90 %"), (2, "99 %"), (3, "99.9 %"), (4, "99.99 %"), (5, "99.999 %")],
        ),
        _chart(
            "Commands answered in each second",
            [(second, float(count)) for second, count in enumerate(main.course)],
            [(second, str(second)) for second in _marks(len(main.course) - 1)],
        ),
    ]
    if len(results) > 1:
        points = [(r.shape.rate, r.latencies.summary()["p99"]) for r in results]
        marks = [(rate, f"{rate:,.0f}") for rate, _ in points[:: max(1, len(points) // 5)]]
        charts.insert(0, _chart("p99 in µs by offered commands/s", points, marks))
    rows = "".join(
        f"<tr><td>{html.escape(shape_text(r.shape))}</td><td>{html.escape(line(r))}</td></tr>"
        for r in results
    )
    return (
        "<!doctype html><meta charset=utf-8><title>Load</title><style>body{font:14px system-ui;"
        "margin:2em;max-width:60em}td{padding:.2em 1em .2em 0;font-variant-numeric:tabular-nums}"
        "svg{display:block;margin:1em 0}text{font:11px system-ui;fill:#555}</style>"
        f"<h1>{html.escape(shape_text(main.shape))}</h1><table>{rows}</table>{''.join(charts)}\n"
    )


def _nines(percentile: float) -> float:
    return min(_NINES_MAX, -math.log10(max(1 - percentile / 100, 10**-_NINES_MAX)))


def _marks(highest: int) -> range:
    return range(0, highest + 1, max(1, highest // 10))


def _chart(title: str, points: list[tuple[float, float]], marks: list[tuple[float, str]]) -> str:
    """Return a line chart as SVG, from 0 to the highest value."""
    left, right = points[0][0], max(points[-1][0], points[0][0] + 1)
    top = max(value for _, value in points) or 1.0

    def across(x: float) -> float:
        return _EDGE + (x - left) / (right - left) * (_WIDE - _EDGE - 20)

    def down(y: float) -> float:
        return _HIGH - 30 - y / top * (_HIGH - 60)

    path = " ".join(f"{across(x):.1f},{down(y):.1f}" for x, y in points)
    lines = [
        f'<line x1="{_EDGE}" x2="{_WIDE - 20}" y1="{down(y):.1f}" y2="{down(y):.1f}" '
        f'stroke="#ddd"/><text x="{_EDGE - 6}" y="{down(y) + 4:.1f}" text-anchor="end">{y:,.0f}'
        "</text>"
        for y in (top * step / 4 for step in range(5))
    ]
    names = [
        f'<text x="{across(x):.1f}" y="{_HIGH - 10}" text-anchor="middle">{name}</text>'
        for x, name in marks
    ]
    return (
        f'<svg width="{_WIDE}" height="{_HIGH}"><text x="{_EDGE}" y="16">{title}</text>'
        f"{''.join(lines)}{''.join(names)}"
        f'<polyline points="{path}" fill="none" stroke="#2563eb" stroke-width="1.5"/></svg>'
    )
