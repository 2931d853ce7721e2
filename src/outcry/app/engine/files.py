"""The files that an engine is told by: its instruments, and the keys that may log on."""

import tomllib
from pathlib import Path
from typing import Annotated, Any, Final, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct

from outcry.app.failures import UsageError
from outcry.services.gateway.logons import Key
from outcry.services.gateway.room import Instrument, Room
from outcry_wire.records import (
    ADD_INSTRUMENT,
    SET_INSTRUMENT,
    SET_LIMITS,
    InstrumentKind,
    InstrumentState,
    RecordType,
)
from outcry_wire.snapshot import RULES_VERSION


_KINDS: Final = {"market": InstrumentKind.MARKET, "future": InstrumentKind.PLAIN}
_STATES: Final = {
    "open": InstrumentState.OPEN,
    "post_only": InstrumentState.POST_ONLY,
    "cancel_only": InstrumentState.CANCEL_ONLY,
    "halted": InstrumentState.HALTED,
    "closed": InstrumentState.CLOSED,
}
_MARKET_BOUNDS: Final = (1, 9_999)
_StructT = TypeVar("_StructT", bound=Struct)


class InstrumentEntry(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One instrument: prices in ticks, quantities in lots."""

    id: Annotated[int, Meta(ge=1, lt=1 << 32)]
    name: Annotated[str, Meta(max_length=32, pattern="^[ -~]*$")] = ""
    kind: Literal["market", "future"] = "market"
    tick: Annotated[int, Meta(ge=1)] = 100
    price_min: int | None = None
    price_max: int | None = None
    qty_min: Annotated[int, Meta(ge=1)] = 1
    qty_max: Annotated[int, Meta(ge=1)] = 1_000_000
    orders_max: Annotated[int, Meta(ge=1)] = 1_000_000
    state: Literal["open", "post_only", "cancel_only", "halted", "closed"] = "open"

    def wanted(self) -> Instrument:
        """Return what the engine shall know of it."""
        low, high = _MARKET_BOUNDS if self.kind == "market" else (0, 0)
        if self.kind == "market":
            low, high = max(low, self.tick), min(high, 10_000 - self.tick)
        low = self.price_min if self.price_min is not None else low
        high = self.price_max if self.price_max is not None else high
        return Instrument(
            *(self.id, _KINDS[self.kind], _STATES[self.state], self.tick, low, high),
            *(self.qty_min, self.qty_max, self.orders_max),
        )


class Bounds(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How many orders may rest."""

    account_orders_max: Annotated[int, Meta(ge=1)] = 1_000_000
    total_orders_max: Annotated[int, Meta(ge=1)] = 10_000_000


class InstrumentsFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole file."""

    instrument: Annotated[list[InstrumentEntry], Meta(min_length=1)]
    limits: Bounds = Bounds()


class KeyEntry(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One key: whoever knows its secret (hex) acts for the account."""

    name: Annotated[str, Meta(min_length=1, max_length=32, pattern="^[!-~]+$")]
    secret: Annotated[str, Meta(min_length=32, pattern="^([0-9a-fA-F]{2})+$")]
    account: Annotated[int, Meta(ge=1, lt=1 << 62)]
    group: Annotated[int, Meta(ge=0, lt=1 << 62)] | None = None
    drop_copy: bool = False


class KeysFile(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole file."""

    key: Annotated[list[KeyEntry], Meta(min_length=1)]


def _read(path: Path, kind: type[_StructT]) -> _StructT:
    try:
        content: dict[str, Any] = tomllib.loads(path.read_text("utf-8"))
        return msgspec.convert(content, kind)
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: {error}") from None


def read_instruments(path: Path) -> InstrumentsFile:
    """Return the instruments of a file; raises `UsageError`."""
    found = _read(path, InstrumentsFile)
    ids = [entry.id for entry in found.instrument]
    if len(ids) != len(set(ids)):
        raise UsageError(f"{path}: an id is used for two instruments")
    return found


def read_keys(path: Path) -> dict[str, Key]:
    """Return the keys of a file by their names; raises `UsageError`."""
    keys = {}
    for entry in _read(path, KeysFile).key:
        if entry.name in keys:
            raise UsageError(f"{path}: the name {entry.name!r} is used for two keys")
        group = entry.account if entry.group is None else entry.group
        secret = bytes.fromhex(entry.secret)
        keys[entry.name] = Key(entry.name, secret, entry.account, group, entry.drop_copy)
    return keys


def apply(room: Room, wanted: InstrumentsFile, time_us: int) -> set[int]:
    """Make the engine's instruments those of the file; return the ones that changed.

    What the file no longer names stays as it is. Raises `UsageError` where an instrument would have
    to become another one, or the engine refuses it.
    """
    changed = set()
    bounds = (wanted.limits.account_orders_max, wanted.limits.total_orders_max)
    if bounds != room.limits:
        head = _head(room, RecordType.SET_LIMITS, 0, time_us)
        room.administer(SET_LIMITS.pack(*head, *bounds), time_us)
    for entry in wanted.instrument:
        new, old = entry.wanted(), room.instruments.get(entry.id)
        if new == old:
            continue
        if old is None:
            row = (*new[1:], RULES_VERSION)
            head = _head(room, RecordType.ADD_INSTRUMENT, new.number, time_us)
            room.administer(ADD_INSTRUMENT.pack(*head, *row), time_us)
        elif (new.kind, new.price_min, new.price_max) != (old.kind, old.price_min, old.price_max):
            raise UsageError(
                f"instrument {new.number}: kind and price bounds are for ever; it has {old}"
            )
        else:
            settings = (new.state, new.tick, new.qty_min, new.qty_max, new.orders_max)
            head = _head(room, RecordType.SET_INSTRUMENT, new.number, time_us)
            room.administer(SET_INSTRUMENT.pack(*head, *settings), time_us)
        if room.instruments.get(new.number) != new:
            raise UsageError(
                f"instrument {new.number} is not valid: a market's tick divides 10,000 and its "
                "price bounds sum to 10,000; what is closed stays closed"
            )
        changed.add(new.number)
    return changed


def _head(room: Room, kind: RecordType, instrument: int, time_us: int) -> tuple[int, ...]:
    sizes = {
        RecordType.SET_LIMITS: SET_LIMITS.size,
        RecordType.ADD_INSTRUMENT: ADD_INSTRUMENT.size,
        RecordType.SET_INSTRUMENT: SET_INSTRUMENT.size,
    }
    return (kind, 0, sizes[kind], instrument, room.engine.seq + 1, max(time_us, room.time_us), 0)
