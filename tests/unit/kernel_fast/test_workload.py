"""The workloads of the kernel bench: what their header promises is what kernels do with them."""

from pathlib import Path

import pytest
from bench.kernel.commands import fill_hash, load
from bench.kernel.workload import Generator
from tests.unit.kernel.engines import available


@pytest.mark.parametrize("kind", ["ladder", "futures", "multi"])
def test_header_agrees_with_every_kernel(kind: str, tmp_path: Path) -> None:
    """Reference book and fast kernels make exactly the fills that the header's hash stands for."""
    path = tmp_path / f"{kind}.lobw"
    Generator(kind, seed=3, depth=100).write(path, 1500)
    work = load(path)
    assert work.fills > 0
    for engine_class in available().values():
        engine = engine_class()
        engine.process(work.setup)
        facts = engine.process(work.stream)
        assert fill_hash(memoryview(facts), work.grid) == (work.fills, work.fill_hash)
        assert engine.consumed == len(work.stream)


def test_generator_is_deterministic(tmp_path: Path) -> None:
    """The same kind and seed give the same file, another seed another one."""
    files = [tmp_path / name for name in ("one", "same", "other")]
    for path, seed in zip(files, (1, 1, 2), strict=True):
        Generator("ladder", seed).write(path, 300)
    assert files[0].read_bytes() == files[1].read_bytes() != files[2].read_bytes()
