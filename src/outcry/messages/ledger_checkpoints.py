"""Ledger checkpoints: the whole state of the ledger as bytes.

Every field of `Ledger` is a part of its own, in the order of the class and encoded by its type: a
new field is in the next checkpoint without anybody's doing, and one that cannot be encoded is
refused when this module is loaded. Only `Market.orders` is left out: they are in `Ledger.orders`.

A checkpoint begins with a digest of all the types it is made of. One of code with other fields is
none for this code: whoever finds it goes on with an older one, or with the log.

Behind the ledger stand the *mark* of the log entry it stands at, by which a checkpoint of another
log is known, and an *annex* for the one who wrote it; nobody else looks into that.
"""

from collections import deque
from collections.abc import Iterator
from enum import Enum
from hashlib import sha256
from struct import Struct as Layout
from types import GenericAlias
from typing import Any, Final, NamedTuple, get_args, get_origin, get_type_hints

from msgspec import MsgspecError, Struct, msgpack, structs

from outcry.domain.errors import CorruptError
from outcry.domain.ledger.state import Ledger, Market


#: The name under which checkpoints are saved, …
CHECKPOINT_NAME: Final = "ledger"
#: … and their rules version: it goes up when the same fields come to mean something else.
CHECKPOINT_VERSION: Final = 1

_SIZE: Final = Layout("<q")
_HINTS: Final[dict[str, Any]] = get_type_hints(Ledger)
#: The fields, in the order in which they are written.
FIELDS: Final = Ledger.__struct_fields__

_encode: Final = msgpack.Encoder().encode


def _stored(hint: object) -> object:
    """Return the type as which a field is stored: msgpack knows lists, not deques."""
    return GenericAlias(list, get_args(hint)) if get_origin(hint) is deque else hint


def _described(hint: object) -> str:
    """Return *hint* with the names and types of everything inside it."""
    if get_args(hint):
        inner = ",".join(_described(one) for one in get_args(hint))
        return f"{get_origin(hint)}[{inner}]"
    if isinstance(hint, type) and not issubclass(hint, Enum):
        fields = get_type_hints(hint) if issubclass(hint, Struct | tuple) else {}
        return f"{hint.__name__}({','.join(f'{k}:{_described(v)}' for k, v in fields.items())})"
    return str(getattr(hint, "__name__", hint))


_DECODERS: Final = {name: msgpack.Decoder(_stored(_HINTS[name])) for name in FIELDS}
SCHEMA: Final = sha256(",".join(f"{n}:{_described(_HINTS[n])}" for n in FIELDS).encode()).digest()


class Checkpoint(NamedTuple):
    """What a checkpoint holds."""

    ledger: Ledger
    mark: bytes = b""
    annex: bytes = b""


def pack_checkpoint(ledger: Ledger, mark: bytes = b"", annex: bytes = b"") -> bytes:
    """Return a checkpoint as bytes; *ledger* must not change meanwhile."""
    parts = [SCHEMA]
    for part in (*_parts(ledger), mark, annex):
        parts += (_SIZE.pack(len(part)), part)
    return b"".join(parts)


def unpack_checkpoint(body: bytes) -> Checkpoint:
    """Return the checkpoint in *body*; raises `CorruptError` when that is none."""
    if body[: len(SCHEMA)] != SCHEMA:
        raise CorruptError("a checkpoint of code with other fields")
    parts = list(_cut(memoryview(body)[len(SCHEMA) :]))
    if len(parts) != len(FIELDS) + 2:
        raise CorruptError(f"a checkpoint of {len(parts)} parts, not {len(FIELDS) + 2}")
    values: dict[str, Any] = {}
    for name, part in zip(FIELDS, parts, strict=False):
        try:
            value = _DECODERS[name].decode(part)
        except MsgspecError as error:
            raise CorruptError(f"{name} of a checkpoint does not decode: {error}") from error
        values[name] = deque(value) if get_origin(_HINTS[name]) is deque else value
    ledger = Ledger(**values)
    for order_id, order in ledger.orders.items():
        ledger.markets[order.market_id].orders[order_id] = order
    return Checkpoint(ledger, *map(bytes, parts[-2:]))


def state_hash(ledger: Ledger) -> str:
    """Return a digest of everything *ledger* knows: equal states, equal digests."""
    digest = sha256()
    for part in _parts(ledger):
        digest.update(part)
    return digest.hexdigest()


def _parts(ledger: Ledger) -> Iterator[bytes]:
    for name in FIELDS:
        value = getattr(ledger, name)
        if isinstance(value, deque):
            value = list(value)
        elif name == "markets":
            value = {number: _without_orders(market) for number, market in value.items()}
        yield _encode(value)


def _without_orders(market: Market) -> Market:
    return structs.replace(market, orders={})


def _cut(view: memoryview) -> Iterator[memoryview]:
    """Yield the parts; raises `CorruptError` when they do not end where the bytes do."""
    offset = 0
    while offset < len(view):
        if len(view) - offset < _SIZE.size:
            raise CorruptError("a checkpoint is cut short")
        (size,) = _SIZE.unpack_from(view, offset)
        offset += _SIZE.size
        if not 0 <= size <= len(view) - offset:
            raise CorruptError("a checkpoint is cut short")
        yield view[offset : offset + size]
        offset += size
