"""Calls, events and errors of a contract, as bytes and as values. Pure.

Addresses are 20 bytes on our side. Source: the contract ABI of Solidity, which Vyper shares.
"""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError

from outcry.runtime.eip712 import ADDRESS_BYTES, keccak256


SELECTOR_BYTES: Final = 4
_TEXT_ERROR: Final = keccak256(b"Error(string)")[:SELECTOR_BYTES]
_PANIC: Final = keccak256(b"Panic(uint256)")[:SELECTOR_BYTES]
#: Values as eth-abi has them: whole numbers, bytes, text, tuples and lists.
Value = Any


class Reverted(NamedTuple):
    """What a call reverted with: the name of an error and its values.

    ``Error`` has a text, ``Panic`` a code, "" nothing: checked arithmetic, or a failed conversion.
    """

    name: str
    values: tuple[Value, ...]


class Event(NamedTuple):
    """An event that a contract wrote, its values by their names."""

    name: str
    values: dict[str, Value]


class _Function(NamedTuple):
    selector: bytes
    inputs: list[str]
    outputs: list[str]


class _EventForm(NamedTuple):
    name: str
    indexed: list[tuple[str, str]]
    plain: list[tuple[str, str]]


class Interface:
    """What a contract can be called with and what it says, from its JSON interface."""

    def __init__(self, entries: Sequence[dict[str, Any]]) -> None:
        named = [entry for entry in entries if "name" in entry]
        self._functions = {e["name"]: _function(e) for e in named if e["type"] == "function"}
        self._events = {_topic(e): _event(e) for e in named if e["type"] == "event"}
        self._topics = {form.name: topic for topic, form in self._events.items()}
        self._errors = {
            _topic(e)[:SELECTOR_BYTES]: (str(e["name"]), _types(e["inputs"]))
            for e in named
            if e["type"] == "error"
        }
        makers = [entry for entry in entries if entry["type"] == "constructor"]
        self._constructor = _types(makers[0]["inputs"]) if makers else []

    def creation(self, code: bytes, *values: Value) -> bytes:
        """Return the data of the transaction that creates the contract."""
        return code + encode(self._constructor, [_plain(value) for value in values])

    def selector(self, name: str) -> bytes:
        """Return the four bytes that a call of *name* begins with."""
        return self._functions[name].selector

    def call(self, name: str, *values: Value) -> bytes:
        """Return the data of a call of *name*."""
        function = self._functions[name]
        plain = [_plain(value) for value in values]
        return function.selector + encode(function.inputs, plain)

    def result(self, name: str, data: bytes) -> tuple[Value, ...]:
        """Return what a call of *name* returned; raises ValueError for bytes of other form."""
        return _decoded(self._functions[name].outputs, data)

    def topic(self, event: str) -> bytes:
        """Return the first topic of *event*."""
        return self._topics[event]

    def event(self, topics: Sequence[bytes], data: bytes) -> Event | None:
        """Return what a log says; None when it is none of this contract's events."""
        form = self._events.get(topics[0]) if topics else None
        if form is None or len(topics) != 1 + len(form.indexed):
            return None
        values = dict(
            zip(
                (name for name, _ in form.plain),
                _decoded([kind for _, kind in form.plain], data),
                strict=True,
            )
        )
        for (name, kind), topic in zip(form.indexed, topics[1:], strict=True):
            values[name] = _decoded([kind], topic)[0]
        return Event(form.name, values)

    def reverted(self, data: bytes) -> Reverted:
        """Return what a call reverted with; an error nobody knows keeps its bytes."""
        selector, rest = data[:SELECTOR_BYTES], data[SELECTOR_BYTES:]
        if not selector:
            return Reverted("", ())
        name, kinds = self._errors.get(selector) or _COMMON.get(selector, ("unknown", None))
        if kinds is None:
            return Reverted(name, (data,))
        try:
            return Reverted(name, _decoded(kinds, rest))
        except ValueError:
            return Reverted("unknown", (data,))


_COMMON: Final[dict[bytes, tuple[str, list[str] | None]]] = {
    _TEXT_ERROR: ("Error", ["string"]),
    _PANIC: ("Panic", ["uint256"]),
}


def address_of(text: str) -> bytes:
    """Return the 20 bytes of an address; raises ValueError for other text."""
    value = bytes.fromhex(text.removeprefix("0x"))
    if len(value) != ADDRESS_BYTES:
        raise ValueError(f"an address has {ADDRESS_BYTES} bytes: {text!r} has {len(value)}")
    return value


def address_text(address: bytes) -> str:
    """Return an address as people read it, with the checksum of its letters (EIP-55)."""
    digits = address.hex()
    check = keccak256(digits.encode()).hex()
    marked = (d.upper() if int(c, 16) >= 8 else d for d, c in zip(digits, check, strict=False))  # noqa: PLR2004 - the upper half
    return "0x" + "".join(marked)


def _function(entry: dict[str, Any]) -> _Function:
    selector = _topic(entry)[:SELECTOR_BYTES]
    return _Function(selector, _types(entry["inputs"]), _types(entry["outputs"]))


def _event(entry: dict[str, Any]) -> _EventForm:
    fields = [(part["indexed"], part["name"], _type(part)) for part in entry["inputs"]]
    return _EventForm(
        entry["name"],
        [(name, kind) for indexed, name, kind in fields if indexed],
        [(name, kind) for indexed, name, kind in fields if not indexed],
    )


def _topic(entry: dict[str, Any]) -> bytes:
    return keccak256(f"{entry['name']}({','.join(_types(entry['inputs']))})".encode())


def _types(parts: Sequence[dict[str, Any]]) -> list[str]:
    return [_type(part) for part in parts]


def _type(part: dict[str, Any]) -> str:
    kind = str(part["type"])
    if not kind.startswith("tuple"):
        return kind
    return f"({','.join(_types(part['components']))}){kind.removeprefix('tuple')}"


def _plain(value: Value) -> Value:
    """Return *value* as eth-abi takes it: named tuples as tuples, all the way down."""
    if isinstance(value, tuple):
        return tuple(_plain(part) for part in value)
    if isinstance(value, list):
        return [_plain(part) for part in value]
    return value


def _decoded(kinds: list[str], data: bytes) -> tuple[Value, ...]:
    try:
        values = decode(kinds, data)
    except (DecodingError, OverflowError) as error:
        raise ValueError(f"{len(data)} bytes are not {kinds}") from error
    return tuple(_short(kind, value) for kind, value in zip(kinds, values, strict=True))


def _short(kind: str, value: Value) -> Value:
    return bytes.fromhex(value[2:]) if kind == "address" else value
