"""Charts as SVG, drawn from plain numbers. Pure; no library, no script, nothing from outside."""

from collections.abc import Iterable, Sequence
from html import escape
from typing import Final, NamedTuple


WIDTH: Final = 900
HEIGHT: Final = 320
LEFT: Final = 70
RIGHT: Final = 70
TOP: Final = 16
BOTTOM: Final = 36
#: Colours that can be told apart, also by those who see no red or no green.
COLOURS: Final = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00")
MARKS_MAX: Final = 6


class Scale(NamedTuple):
    """From values to places on the paper."""

    low: float
    high: float
    first: float
    last: float

    def at(self, value: float) -> float:
        """Return where *value* stands."""
        span = (self.high - self.low) or 1.0
        return self.first + (value - self.low) / span * (self.last - self.first)


def x_scale(low: float, high: float) -> Scale:
    """Return a scale from left to right."""
    return Scale(low, high, LEFT, WIDTH - RIGHT)


def y_scale(low: float, high: float) -> Scale:
    """Return a scale from the bottom to the top."""
    return Scale(low, high, HEIGHT - BOTTOM, TOP)


def frame(title: str, parts: Iterable[str]) -> str:
    """Return a whole chart."""
    body = "\n".join(parts)
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">\n'
        f"{body}\n</svg>"
    )


def y_axis(scale: Scale, form: str, *, right: bool = False, label: str = "") -> list[str]:
    """Return numbers beside the chart and, on the left, lines across it."""
    parts = []
    place, anchor = (WIDTH - RIGHT + 8, "start") if right else (LEFT - 8, "end")
    for value in marks(scale.low, scale.high):
        y = scale.at(value)
        if not right:
            parts.append(f'<line class="grid" {_line(LEFT, y, WIDTH - RIGHT, y)}/>')
        parts.append(text(place, y + 4, format(value, form), anchor))
    if label:
        # Beside the axis, so that it cannot cover a number.
        x = WIDTH - 12 if right else 14
        y = (TOP + HEIGHT - BOTTOM) / 2
        parts.append(
            f'<text x="{x}" y="{y:.1f}" text-anchor="middle" '
            f'transform="rotate(-90 {x} {y:.1f})">{escape(label)}</text>'
        )
    return parts


def x_axis(scale: Scale, labels: Sequence[tuple[float, str]], title: str = "") -> list[str]:
    """Return texts under the chart."""
    parts = [text(scale.at(value), HEIGHT - BOTTOM + 16, label) for value, label in labels]
    if title:
        parts.append(text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 4, title))
    return parts


def line(points: Iterable[tuple[float, float]], colour: str, *, dashed: bool = False) -> str:
    """Return a line through *points*, which are places on the paper."""
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dash = ' stroke-dasharray="5 4"' if dashed else ""
    return f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"{dash}/>'


def box(x: float, y: float, width: float, height: float, colour: str) -> str:
    """Return a filled box."""
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{colour}"/>'
    )


def dot(x: float, y: float, radius: float, colour: str) -> str:
    """Return a dot."""
    return (
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="{colour}" fill-opacity="0.75"/>'
    )


def text(x: float, y: float, words: str, anchor: str = "middle") -> str:
    """Return words at a place."""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'


def legend(entries: Sequence[tuple[str, str]]) -> str:
    """Return what each colour means, as HTML."""
    keys = "".join(
        f'<span><i style="background:{colour}"></i>{escape(name)}</span>'
        for name, colour in entries
    )
    return f'<p class="legend">{keys}</p>'


def marks(low: float, high: float) -> list[float]:
    """Return a few round numbers between *low* and *high*."""
    span = high - low
    if span <= 0:
        return [low]
    step = 10.0 ** (len(str(int(span))) - 1) if span >= 1 else 0.1
    while span / step > MARKS_MAX:
        step *= 2
    while span / step < MARKS_MAX / 2:
        step /= 2
    first = -(-low // step)
    return [step * (first + i) for i in range(int(span / step) + 2) if step * (first + i) <= high]


def _line(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
