"""The TCP engine beside servers that do nothing but read and write as much; see bench/README.md."""

import argparse
import json
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple


HERE = Path(__file__).parent
if str(HERE) not in sys.path:
    sys.path.insert(0, str(HERE))

from gateway import with_ledger  # noqa: E402


OUT = HERE / "out"
INSTRUMENT = '[[instrument]]\nid = 1\nkind = "market"\n'
TICKS = os.sysconf("SC_CLK_TCK")


class Work(NamedTuple):
    """One shape of load, and what the engine is to reach of the C server."""

    name: str
    connections: int
    window: int
    batch: int
    goal: str


WORKS = (
    Work("ping-pong", 1, 1, 1, "p50 <= 1.05 x"),
    Work("16 x 1", 16, 1, 1, ""),
    Work("16 x 16", 16, 64, 16, ">= 0.95 x"),
    Work("pipeline of 512", 1, 4096, 512, ""),
)


class Figure(NamedTuple):
    """What one run of one server gave."""

    per_second: float
    p50_us: float
    p99_us: float
    #: Processor time of the server for each message, kernel included.
    cpu_ns: float


class Server(NamedTuple):
    """A server that runs."""

    name: str
    pid: int
    port: int
    plain: bool


def build(folder: Path, name: str) -> str:
    """Compile a C source; return the program."""
    target = str(folder / name)
    compiler = shutil.which("cc") or sys.exit("the bench needs a C compiler")
    subprocess.run([compiler, "-O2", "-o", target, str(HERE / f"gateway/{name}.c")], check=True)
    return target


@contextmanager
def child(command: list[str], pattern: str, *, errors: bool = False) -> Iterator[tuple[int, int]]:
    """Run a server; yield its pid and the port that it prints."""
    stream = {"stderr": subprocess.PIPE} if errors else {"stdout": subprocess.PIPE}
    with subprocess.Popen(command, text=True, **stream) as process:  # type: ignore[call-overload]
        output = process.stderr if errors else process.stdout
        assert output is not None
        port = 0
        for line in output:
            if found := re.search(pattern, line):
                port = int(found[1])
                break
        try:
            yield process.pid, port
        finally:
            process.send_signal(signal.SIGTERM)


def cpu_seconds(pid: int) -> float:
    """Return the processor time of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def measure(client: str, server: Server, work: Work, seconds: float, cpu: int) -> Figure:
    """Run the client once."""
    shape = [work.connections, work.window, work.batch, seconds, int(server.plain), cpu]
    before = cpu_seconds(server.pid)
    command = [client, str(server.port), *map(str, shape)]
    done = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    used = cpu_seconds(server.pid) - before
    messages, took = int(done[0]), float(done[1])
    return Figure(
        messages / took, int(done[2]) / 1e3, int(done[3]) / 1e3, used / max(messages, 1) * 1e9
    )


def servers(stack: ExitStack, folder: Path, cpu: int) -> list[Server]:
    """Start all of them on one core."""
    (folder / "instruments.toml").write_text(INSTRUMENT)
    engine = [sys.executable, "-c", "from outcry.app.cli import main; main()", "engine"]
    engine += ["--instruments", str(folder / "instruments.toml"), "--keys", "none", "--port", "0"]
    engine += ["--cpu", str(cpu)]
    floor = [build(folder, "epoll"), str(cpu)]
    blind = [*floor, "blind"]
    loop = [sys.executable, str(HERE / "gateway/uvloop_server.py"), str(cpu)]
    started = [
        ("C epoll", True, child(floor, r"^(\d+)$")),
        ("C, blind", True, child(blind, r"^(\d+)$")),
        ("uvloop", True, child(loop, r"^(\d+)$")),
        ("outcry engine", False, child(engine, r"127\.0\.0\.1:(\d+)", errors=True)),
    ]
    return [Server(name, *stack.enter_context(run), plain) for name, plain, run in started]


def show(work: Work, figures: dict[str, list[Figure]]) -> dict[str, dict[str, float]]:
    """Print the medians of a work, and ratios to the C server in the same round."""
    print(f"\n{work.name} ({work.goal or 'no goal'})")
    floor, shown = figures["C epoll"], {}
    for name, runs in figures.items():
        medians = [statistics.median(column) for column in zip(*runs, strict=True)]
        ratios = {
            "rate_ratio": statistics.median(
                a.per_second / b.per_second for a, b in zip(runs, floor, strict=True)
            ),
            "p50_ratio": statistics.median(
                a.p50_us / b.p50_us for a, b in zip(runs, floor, strict=True)
            ),
        }
        rate, p50, p99, cpu = medians
        print(
            f"  {name:14} {rate:>12,.0f}/s  p50 {p50:>9,.1f}  p99 {p99:>9,.1f} us  "
            f"cpu {cpu:>7,.0f} ns  rate {ratios['rate_ratio']:.2f} x  "
            f"p50 {ratios['p50_ratio']:.2f} x"
        )
        shown[name] = dict(zip(Figure._fields, medians, strict=True)) | ratios
    return shown


def alone(cpu: int, rounds: int) -> dict[str, float]:
    """Print what a message of the pipeline costs without sockets; return nanoseconds by part."""
    command = [sys.executable, str(HERE / "gateway/alone.py"), str(cpu)]
    runs = [
        json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        for _ in range(rounds)
    ]
    shown = {part: statistics.median(run[part] for run in runs) for part in runs[0]}
    for part, cost in shown.items():
        print(f"  {part:30} cpu {cost:>7,.1f} ns")
    return shown


def main() -> None:
    """Run every work on every server, in turns."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--only", nargs="*", default=[*(work.name for work in WORKS), "ledger"])
    terms = parser.parse_args()
    cores = sorted(os.sched_getaffinity(0))
    client_cpu, server_cpu = cores[0], cores[-1]
    report: dict[str, object] = {}
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        client = build(folder, "client")
        running = servers(stack, folder, server_cpu)
        time.sleep(0.5)
        for work in (work for work in WORKS if work.name in terms.only):
            figures: dict[str, list[Figure]] = {server.name: [] for server in running}
            for _ in range(terms.rounds):
                for server in running:
                    figures[server.name].append(
                        measure(client, server, work, terms.seconds, client_cpu)
                    )
            report[work.name] = show(work, figures)
            if work is WORKS[-1]:
                report["alone"] = alone(server_cpu, terms.rounds)
    if "ledger" in terms.only:
        report["ledger"] = with_ledger.show(5 * terms.seconds)
    OUT.mkdir(exist_ok=True)
    (OUT / "gateway.json").write_text(json.dumps(report, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
