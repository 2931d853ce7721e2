"""The compiled rules of the ledger are the interpreted ones, on objects that lie as they think."""

import importlib
import os
import re
import subprocess
import sys
from pathlib import Path
from types import MemberDescriptorType, ModuleType

import pytest
from msgspec import Struct

from outcry.app.sim.world import World
from outcry.domain.errors import CorruptError
from outcry.messages import record_bodies
from outcry.messages.commands import COMMANDS
from outcry.messages.facts import FACTS
from outcry.runtime import rules_twin
from outcry_wire.records import LAYOUTS


ROOT = Path(__file__).parents[3]
#: Worlds that are lived through with either rules.
SEEDS = range(201, 209)
#: By code of a field, the least and the largest number of it.
_BOUNDS = {"B": (0, 255), "I": (0, 2**32 - 1), "Q": (0, 2**64 - 1), "q": (-(2**63), 2**63 - 1)}
COMPILED = rules_twin.build_info() == "compiled"


@pytest.mark.parametrize(
    ("module", "name"), [(module, name) for module, names in rules_twin.STRUCTS for name in names]
)
def test_fields_lie_in_alphabetical_order_behind_those_of_the_base(module: str, name: str) -> None:
    """Each field of a class lies where setup.py says that it does, with no room between them."""
    cls = getattr(importlib.import_module(module), name)
    rules_twin.check_layout(cls)
    own = [field for field, slot in vars(cls).items() if type(slot) is MemberDescriptorType]
    assert own
    assert cls.__basicsize__ == cls.__bases__[0].__basicsize__ + 8 * len(own)


class _Plain:
    __slots__ = ("alpha", "beta")


class _Swapped:
    """Of the size and with the names of `_Plain`; each name means the other's place."""

    __slots__ = ("alpha", "beta")


_PLACES = dict(vars(_Swapped))
for _name, _other in (("alpha", "beta"), ("beta", "alpha")):
    setattr(_Swapped, _name, _PLACES[_other])


def _loads(monkeypatch: pytest.MonkeyPatch, twin: str, structs: object) -> str:
    """Return why the twin *twin* of this package's sources is not used, nothing if it is."""
    monkeypatch.setattr(rules_twin, "TWIN", twin)
    monkeypatch.setattr(rules_twin, "STRUCTS", structs)
    try:
        rules_twin._compiled()
    except rules_twin.NoTwinError as reason:
        return str(reason)
    return ""


def _module(folder: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> str:
    name = f"twin_{folder.name}"
    (folder / f"{name}.py").write_text(text, "utf-8")
    monkeypatch.syspath_prepend(folder)
    return name


def test_a_twin_is_not_used_where_fields_have_changed_places(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two fields of one class that swapped places, its size being the same, refuse the twin."""
    reasons = []
    for name in ("_Plain", "_Swapped"):
        structs = ((__name__, (name,)),)
        monkeypatch.setattr(rules_twin, "STRUCTS", structs)
        hashed = rules_twin.source_hash(ROOT / "src")
        folder = tmp_path / name
        folder.mkdir()
        twin = _module(folder, monkeypatch, f'__source_hash__ = "{hashed}"\n')
        reasons.append(_loads(monkeypatch, twin, structs))
    assert reasons == ["", "the fields of _Swapped lie elsewhere"]


@pytest.mark.parametrize(
    "line", ["import outcry.no_such_module", "from outcry.domain import order; order.NoSuch"]
)
def test_a_twin_that_misses_what_was_moved_or_renamed_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    """Whatever goes wrong when an old twin is imported is a reason to run interpreted."""
    twin = _module(tmp_path, monkeypatch, line)
    assert _loads(monkeypatch, twin, ()).startswith("compiled module does not load: ")


@pytest.mark.skipif(not COMPILED, reason="there are no compiled rules to compare")
def test_worlds_end_the_same_under_compiled_and_interpreted_rules() -> None:
    """Every entry, answer and event of some worlds is the same, byte for byte, in either form."""
    lived = "from outcry.app.sim.world import World; import sys\n"
    lived += "print(*[World(int(seed)).run().digest for seed in sys.argv[1:]])"
    interpreted = subprocess.run(
        [sys.executable, "-c", lived, *map(str, SEEDS)],
        env={**os.environ, "OUTCRY_PURE": "1", "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert interpreted.stdout.split() == [World(seed).run().digest for seed in SEEDS]


@pytest.mark.parametrize("form", [record_bodies, rules_twin.twin_of(record_bodies.__name__)])
@pytest.mark.parametrize(("kinds", "with_flags"), [(COMMANDS, False), (FACTS, True)])
def test_records_are_read_as_they_were_written(
    form: ModuleType, kinds: dict[int, type[Struct]], with_flags: bool
) -> None:
    """Each field of each kind is the number that was packed, the largest as well as the least."""
    body, written = b"", []
    for kind, make in kinds.items():
        layout = LAYOUTS[kind]
        codes = layout.format.partition("H")[2]
        spelled = re.sub(r"(\d+)(.)", lambda one: int(one[1]) * one[2], codes)
        bounds = [_BOUNDS[code] for code in spelled if code != "x"]
        for side in (0, 1):
            fields = [bound[side] for bound in bounds]
            flags = 255 * side
            body += layout.pack(kind, flags, layout.size, *fields)
            written.append(make(flags, *fields) if with_flags else make(*fields))

    assert form.unpack_records(body, kinds, "one", with_flags) == written
    assert form.unpack_records(memoryview(body), kinds, "one", with_flags) == written


@pytest.mark.parametrize("form", [record_bodies, rules_twin.twin_of(record_bodies.__name__)])
@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"\x01\0", "2 bytes after the last whole record"),
        (LAYOUTS[2].pack(2, 0, 40, 1, 2, 3, 4, 5)[:-1], "a CANCEL_ORDER of 40 bytes at offset 0"),
        (LAYOUTS[2].pack(2, 0, 296, 1, 2, 3, 4, 5), "a CANCEL_ORDER of 296 bytes at offset 0"),
        (bytes([99]) * 64, "record type 99 at offset 0"),
        (LAYOUTS[72].pack(72, 0, 32, 1, 2, 3, 4), "record type 72 is not one"),
    ],
)
def test_damaged_bodies_are_refused(form: ModuleType, body: bytes, reason: str) -> None:
    """Nothing is read beyond a body's end, nor what its record does not say."""
    with pytest.raises(CorruptError, match=reason):
        form.unpack_records(body, COMMANDS, "one", False)


def test_a_twin_of_other_sources_is_not_used(tmp_path: Path) -> None:
    """An edit of any part, of its declarations or of a class it knows changes the hash."""
    root = ROOT / "src"
    names = (*rules_twin.PARTS, *(module for module, _ in rules_twin.STRUCTS))
    for name in names:
        for suffix in (".py", ".pxd"):
            source = root.joinpath(*name.split(".")).with_suffix(suffix)
            if source.exists():
                copy = tmp_path / source.relative_to(root)
                copy.parent.mkdir(parents=True, exist_ok=True)
                copy.write_bytes(source.read_bytes())
    whole = rules_twin.source_hash(tmp_path)
    assert whole == rules_twin.source_hash(root)
    for copy in sorted(tmp_path.rglob("*.p*")):
        text = copy.read_bytes()
        copy.write_bytes(text + b"\n")
        assert rules_twin.source_hash(tmp_path) != whole, copy
        copy.write_bytes(text)
