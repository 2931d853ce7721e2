"""Measures the matching kernel: ``make bench-kernel ARGS="--operations 1000000"``.

Plays three workloads on the compiled kernel beside a floor program in C, the sketch of
``../shared`` if that is there, plain Python and two engines from PyPI, all in one run. Every fill
is checked against the hash in the workload's header: a wrong one ends the bench with status 1.
Prints tables and writes ``bench/out/kernel.json``. bench/README.md says what the rows mean.
"""

import argparse
import json
import re
import shutil
import statistics
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from kernel import measure, peers, rules, sketch
from kernel.commands import HEADER_SIZE, RECORD, Workload, fill_hash, load
from kernel.workload import Generator

from outcry import kernel as outcry_kernel


BENCH = Path(__file__).parent
OUT = BENCH / "out" / "kernel"
SHARED = BENCH.parents[1] / "shared" / "bench"
KINDS = ("ladder", "futures", "multi")
#: Ratios of CPU time to what is measured beside it, at most.
GOALS = {
    "ladder": {"sketch, equal records": 1.0, "floor": 1.5},
    "futures": {"sketch, equal records": 1.0},
    "multi": {"sketch, equal records": 1.1},
}
FULL = 5_000_000
#: Fill hashes of the shared generator, seed 1, for `FULL` operations.
PINNED = {"ladder": 0x1135B4CE543F76F7, "futures": 0xDE04C784E08FCAB7, "multi": 0x4BE2774F6076EC7F}
#: Words of a record of the sketch as wide as ours are on average.
WIDE = (9, 10)


def main() -> int:
    """Run the bench; return the exit status."""
    parser = argparse.ArgumentParser(prog="bench_kernel", description=__doc__.splitlines()[0])
    parser.add_argument("--operations", type=int, default=FULL, metavar="N")
    parser.add_argument("--rounds", type=int, default=5, metavar="N")
    parser.add_argument("--only", nargs="+", default=list(KINDS), choices=KINDS)
    parser.add_argument(
        "--soak", type=int, default=10**8, metavar="IDS", help="a soak of that many ids; 0 for none"
    )
    chosen = parser.parse_args()
    OUT.mkdir(parents=True, exist_ok=True)
    engine = outcry_kernel.compiled()
    figures: dict[str, Any] = {"operations": chosen.operations, "rounds": chosen.rounds}
    if not sketch.SOURCE.exists():
        print("../shared is not there: no sketch, no pinned hashes; workloads of our own generator")
    floor = build_floor()
    for kind in chosen.only:
        path = workload_file(kind, chosen.operations)
        work = load(path)
        if not agrees(engine, work, chosen.operations):
            return 1
        figures[kind] = compare(engine, work, path, floor, chosen.rounds)
        show(kind, figures[kind])
        show_goals(kind, figures[kind]["ratios"])
        if kind == "ladder":
            figures |= details(engine, work, path)
    if chosen.soak:
        figures["soak"] = measure.soak(engine, chosen.soak)
        show("soak", figures["soak"])
    (OUT.parent / "kernel.json").write_text(json.dumps(figures, indent=2), "utf-8")
    return 0


def workload_file(kind: str, operations: int) -> Path:
    """Return the file of a workload, written now if need be."""
    shared = (SHARED / "lob_workload.py").exists()
    path = OUT / f"{'shared' if shared else 'own'}-{kind}-{operations}.lobw"
    if not path.exists():
        print(f"writing {path.name} ...", flush=True)
        if shared:
            command = [
                sys.executable,
                str(SHARED / "lob_workload.py"),
                kind,
                str(operations),
                str(path),
            ]
            subprocess.run(command, check=True, capture_output=True)
        else:
            Generator(kind).write(path, operations)
    return path


def agrees(engine: ModuleType, work: Workload, operations: int) -> bool:
    """Write the facts of the workload; return whether the fills are those of the header."""
    facts = OUT / "facts.bin"
    (OUT / "commands.bin").write_bytes(work.stream)
    measure.facts_of(engine, work, facts)
    fills, state = fill_hash(memoryview(facts.read_bytes()), work.grid)
    kind = work.name.split("-")[1]
    expected = (
        PINNED[kind] if work.name.startswith("shared") and operations == FULL else work.fill_hash
    )
    right = fills == work.fills and state == work.fill_hash == expected
    print(f"{kind}: {fills} fills, hash {state:016x}: {'right' if right else 'WRONG'}", flush=True)
    return right


def build_floor() -> Path:
    """Compile the floor program."""
    program = OUT / "floor"
    source = str(BENCH / "kernel" / "floor.c")
    subprocess.run([shutil.which("cc") or "gcc", "-O3", "-o", str(program), source], check=True)
    return program


def compare(
    engine: ModuleType, work: Workload, path: Path, floor: Path, rounds: int
) -> dict[str, Any]:
    """Return ns per operation of everything that is measured in turns, the median of the rounds."""
    runs: dict[str, Callable[[], float]] = {"outcry": lambda: measure.replay(engine, work)}
    for name, widths in (("sketch, equal records", WIDE), ("sketch, 32-byte records", (4, 4))):
        module = sketch.build(OUT / "sketch", *widths)
        if module is not None:
            player = sketch.Player(module, path, work.operations, *widths)
            runs[name] = lambda player=player: player.seconds(measure.clock, measure.BATCH)  # type: ignore[misc]
    arguments = [str(OUT / "commands.bin"), str(OUT / "facts.bin"), "1", str(work.operations)]

    def floor_seconds() -> float:
        command = [str(floor), *arguments, str(work.grid)]
        answer = subprocess.run(command, check=True, capture_output=True, text=True)
        return float(answer.stdout.split()[1]) * work.operations / 1e9

    runs["floor"] = floor_seconds
    spent: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            spent[name].append(run())
    figures: dict[str, Any] = {
        name: statistics.median(times) * 1e9 / work.operations for name, times in spent.items()
    }
    figures["least"] = {name: min(times) * 1e9 / work.operations for name, times in spent.items()}
    figures["ratios"] = {
        name: figures["outcry"] / figures[name] for name in runs if name != "outcry"
    }
    return figures


def details(engine: ModuleType, work: Workload, path: Path) -> dict[str, Any]:
    """Return and print what is measured on the ladder alone."""
    count = min(work.operations, 500_000)
    figures: dict[str, Any] = {"floor parts": floor_parts(path)}
    short = measure.first(work, count)
    figures["batches"] = {
        size: measure.replay(engine, short, size) * 1e9 / count for size in (1, 16, 64, 1024, 8192)
    }
    figures["single"] = measure.single_calls(engine, work)
    figures["rules"] = rules.costs(engine)
    figures["pauses"] = measure.pauses(engine)
    figures["million"] = measure.million(engine)
    figures["steady state"] = {"bytes": measure.steady_state(engine, work)}
    figures["python"] = python_peers(path)
    for name, rows in figures.items():
        show(name, rows)
    return figures


def floor_parts(path: Path) -> dict[str, float]:
    """Return the parts of the floor, and those of the shared floor program if it is there."""
    answer = subprocess.run(
        [str(OUT / "floor"), "--parts", str(path)], check=True, capture_output=True, text=True
    )
    figures = {line.split()[0]: float(line.split()[2]) for line in answer.stdout.splitlines()}
    source = SHARED / "floor.cpp"
    if not source.exists():
        print("../shared is not there: the floor is compared with no other program")
        return figures
    program = str(OUT / "shared-floor")
    subprocess.run([shutil.which("c++") or "g++", "-O3", "-o", program, str(source)], check=True)
    answer = subprocess.run([program, str(path)], check=True, capture_output=True, text=True)
    found = re.findall(r"^(.*\S) +([\d.]+) ns", answer.stdout, re.MULTILINE)
    return figures | {f"shared: {name}": float(value) for name, value in found}


def python_peers(path: Path) -> dict[str, float]:
    """Return ns per operation of the books in Python, on the first operations of the file."""
    peers.install(OUT / "peers")
    data = path.read_bytes()
    figures = {}
    cases = (
        ("sortedcontainers + deque", peers.Obvious, 200_000),
        ("lightmatchingengine", peers.Light, 40_000),
        ("pyorderbook", peers.PyOrderBook, 20_000),
    )
    for name, make, count in cases:
        rows = RECORD.iter_unpack(data[HEADER_SIZE : HEADER_SIZE + count * RECORD.size])
        operations = [
            (op, side, ioc, number, order, price, qty)
            for op, side, ioc, _, number, order, price, qty, _ in rows
        ]
        try:
            figures[name] = peers.play(make, operations)[0] * 1e9 / len(operations)
        except ImportError:
            print(f"{name} could not be installed: left out")
    return figures


def show_goals(kind: str, ratios: dict[str, float]) -> None:
    """Print each ratio that has a goal beside it."""
    for name, goal in GOALS[kind].items():
        if name in ratios:
            print(f"  outcry : {name:24} {ratios[name]:.2f} (goal at most {goal:.2f})", flush=True)


def show(title: str, rows: dict[str, Any]) -> None:
    """Print one table."""
    print(f"\n{title}")
    for name, value in rows.items():
        if isinstance(value, dict):
            value = "  ".join(f"{key} {number:.2f}" for key, number in value.items())  # noqa: PLW2901
        print(
            f"  {name!s:26} {value if isinstance(value, str) else format(value, ',.2f')}",
            flush=True,
        )


if __name__ == "__main__":
    sys.exit(main())
