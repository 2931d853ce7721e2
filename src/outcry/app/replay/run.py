"""A replay from beginning to end: venue, moments, figures, verification, report."""

import asyncio
import time
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import uvloop
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from outcry.app.checking import check
from outcry.app.failures import DONE, FAILED
from outcry.app.replay import html, text
from outcry.app.replay.figures import gather_figures
from outcry.app.replay.floor import Floor, Pace
from outcry.app.replay.inputs import Inputs, read
from outcry.app.replay.summary import Summary, summarise
from outcry.app.replay.timeline import moments
from outcry.app.replay.venue import REPORTS, Mark, claim, replay_config, running
from outcry.domain.errors import OutcryError
from outcry.runtime import logging
from outcry.runtime.config import Config
from outcry_sdk import SdkError


class ReplayFailed(OutcryError):
    """The venue declined or did not answer what a replay cannot do without."""


class Terms(NamedTuple):
    """What to replay."""

    markets: Path
    prices: Path
    step_seconds: int
    #: Where the report goes; None: into the data folder.
    out: Path | None = None


class _Times(NamedTuple):
    """How long the parts of this run took, in seconds, and what was done in it."""

    trading: float
    total: float
    pace: Pace


def run(config: Config, data_dir: Path | None, terms: Terms) -> int:
    """Replay; returns the exit code."""
    inputs = read(terms.markets, terms.prices)
    config = replay_config(config, data_dir)
    logging.configure(config.log, "replay")
    mark = claim(config, inputs, terms.step_seconds)
    out = terms.out or Path(config.data_dir)
    out.mkdir(parents=True, exist_ok=True)
    with suppress(KeyboardInterrupt), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        try:
            summary, times = runner.run(_replay(config, mark, inputs, terms.step_seconds))
        except SdkError as error:
            raise ReplayFailed(f"{error}. The same command goes on from here.") from error
        _report(summary, times, out)
        return DONE if summary.clean and summary.agrees else FAILED
    Console().print("Stopped. The same command goes on from here.")
    return FAILED


async def _replay(
    config: Config, mark: Mark, inputs: Inputs, step_seconds: int
) -> tuple[Summary, _Times]:
    began = time.monotonic()
    async with running(config, mark) as venue:
        floor = Floor(venue, inputs)
        try:
            listings = [listing for listing in inputs.listings if listing.strike is not None]
            await floor.open(listings)
            traded = time.monotonic()
            with _progress() as progress:
                timeline = list(moments(listings, step_seconds))
                for moment in progress.track(timeline, description="replaying"):
                    await floor.do(moment)
            trading = time.monotonic() - traded
            figures = await gather_figures(floor, inputs)
            report = await check(venue.config)
        finally:
            await floor.close()
    if not report.clean:
        Console(stderr=True).print("\n".join(report.lines()), markup=False)
    summary = summarise(inputs, figures, clean=report.clean)
    return summary, _Times(trading, time.monotonic() - began, floor.pace)


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        MofNCompleteColumn(),
        TextColumn("moments,"),
        TimeElapsedColumn(),
        TextColumn("gone,"),
        TimeRemainingColumn(),
        TextColumn("left"),
        console=Console(stderr=True),
    )


def _report(summary: Summary, times: _Times, out: Path) -> None:
    """Write and print the report; how fast it was is printed only, and no part of it."""
    words = text.render(summary)
    for name, content in zip(REPORTS, (words, html.render(summary)), strict=True):
        (out / name).write_text(content, "utf-8")
    pace = times.pace
    console = Console(soft_wrap=True)
    console.print(words, markup=False, highlight=False)
    if pace.orders:
        console.print(
            f"This run: {pace.orders:,} orders ({pace.requests:,} requests) in "
            f"{times.trading:.0f} s, {pace.orders / times.trading:,.0f} orders/s, "
            f"each awaited with its result; {times.total:.0f} s in all.",
            highlight=False,
        )
    console.print(f"Report in {out}: {' and '.join(REPORTS)}", highlight=False)
