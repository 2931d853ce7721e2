"""The committed artefacts are what their sources compile to."""

import importlib.util
from hashlib import sha256
from pathlib import Path
from types import ModuleType

import pytest

from outcry.adapters.evm.artefacts import ARTEFACTS, artefact


ROOT = Path(__file__).resolve().parents[2]
RUNTIME_BYTES_MAX = 14_000


def tool() -> ModuleType:
    """Return tools/write_contracts.py."""
    path = ROOT / "tools" / "write_contracts.py"
    spec = importlib.util.spec_from_file_location("write_contracts", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ARTEFACTS)
def test_artefact_is_of_its_source(name: str) -> None:
    """Interface and code that are packaged are those of the source, byte for byte."""
    source = ROOT / "contracts" / f"{name}.vy"
    committed = ROOT / "src/outcry/adapters/evm/artefacts" / f"{name}.json"
    assert artefact(name).source_sha256 == sha256(source.read_bytes()).hexdigest()
    assert committed.read_text(encoding="utf-8") == tool().written(source)


def test_every_source_has_an_artefact() -> None:
    """No contract is without its artefact."""
    assert sorted(path.stem for path in (ROOT / "contracts").glob("*.vy")) == sorted(ARTEFACTS)


def test_size_of_the_settlement() -> None:
    """The settlement contract stays well below what a chain allows, and below our own bar."""
    assert len(artefact("settlement").runtime) <= RUNTIME_BYTES_MAX
