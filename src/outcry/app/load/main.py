"""Carries out `outcry load`."""

import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from outcry.app.failures import DONE, FAILED, UsageError
from outcry.app.load import report
from outcry.app.load.command import ECHO_SECONDS
from outcry.app.load.echo import served
from outcry.app.load.run import Result, Run, Shape
from outcry.app.load.sweep import sweep


#: From this part of its own limit on, the generator is suspected to be what was measured.
_NEAR: Final = 0.8


@dataclass(frozen=True, slots=True)
class Job:
    """What was asked for."""

    target: str
    shape: Shape
    out: Path | None
    echo: bool
    sweep: bool


def main(job: Job) -> int:
    """Run the load, print what came of it; return the exit status."""
    try:
        own = _own_limit(job.shape, job.shape.seconds if job.echo else ECHO_SECONDS)
        print(f"generator    {report.line(own)}")
        if job.echo:
            results, knee = [own], None
        elif job.sweep:
            results, knee = sweep(job.shape, lambda shape: _run(job.target, shape))
            print(_knee_text(knee))
        else:
            results, knee = [_run(job.target, job.shape)], None
    except ConnectionError as error:
        print(f"outcry: {job.target}: {error}", file=sys.stderr)
        return FAILED
    best = max(result.rate for result in results)
    if not job.echo and best > _NEAR * own.rate:
        print("The generator was near its own limit: the engine may carry more.")
    if job.out is not None:
        report.write(job.out, results, knee)
        print(f"Written: {job.out / 'chart.html'}")
    return DONE


def _own_limit(shape: Shape, seconds: float) -> Result:
    with served() as port:
        return Run("127.0.0.1", port, replace(shape, rate=0.0, seconds=seconds), echo=True).go()


def _run(target: str, shape: Shape) -> Result:
    place = target.removeprefix("http://").rstrip("/")
    http = place != target
    host, _, port = place.rpartition(":")
    if not host or not port.isdecimal():
        raise UsageError(f"{target!r} is no HOST:PORT")
    if http and not shape.api_keys:
        raise UsageError("orders over HTTP need an account: give --api-key")
    if http:
        shape = replace(shape, batch=1, window=1)
    result = Run(host, int(port), shape, http=http).go(_progress if sys.stderr.isatty() else None)
    if sys.stderr.isatty():
        sys.stderr.write("\r\x1b[K")
    print(f"{report.shape_text(shape)}\n             {report.line(result)}")
    return result


def _progress(result: Result) -> None:
    sys.stderr.write(f"\r\x1b[K{result.seconds:5.0f} s {result.course[-1]:>12,} commands/s")
    sys.stderr.flush()


def _knee_text(knee: Result | None) -> str:
    if knee is None:
        return "No knee: already the lowest rate was not carried."
    return (
        f"Knee: {knee.shape.rate:,.0f} commands/s, p99 {knee.latencies.summary()['p99']:,.1f} µs."
    )
