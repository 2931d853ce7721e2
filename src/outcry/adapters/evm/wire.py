"""Wire: a signed transaction's fields from its bytes, and numbers as JSON-RPC writes them. Pure.

Source: EIP-1559 and EIP-2718 (type 2), the RLP of Ethereum.
"""

from typing import Any, Final, NamedTuple

from outcry.adapters.evm.rpc import RpcError
from outcry.domain.errors import CorruptError
from outcry.ports.chain import ChainUnavailable


_TYPE_2: Final = b"\x02"
_TEXT, _LIST, _SHORT_MAX = 0x80, 0xC0, 55
#: Fields of a type 2 transaction: to, data and gas, by their places.
_GAS, _TO, _DATA = 4, 5, 7
_FIELDS_COUNT: Final = 12


class Fields(NamedTuple):
    """What a transaction calls."""

    to: bytes
    data: bytes
    gas: int


def read_transaction(raw: bytes) -> Fields:
    """Return what a signed type 2 transaction calls; raises `CorruptError`."""
    if raw[:1] != _TYPE_2:
        raise CorruptError(f"{len(raw)} bytes are no type 2 transaction")
    items = _items(raw[1:])
    if len(items) != _FIELDS_COUNT:
        raise CorruptError(f"a type 2 transaction of {len(items)} fields")
    return Fields(items[_TO], items[_DATA], int.from_bytes(items[_GAS], "big"))


def _items(content: bytes) -> list[bytes]:
    """Return the items of a list, lists in it as their bytes."""
    start, end = _span(content, 0)
    items = []
    while start < end:
        first, last = _span(content, start)
        items.append(content[first:last])
        start = last
    return items


def _span(content: bytes, at: int) -> tuple[int, int]:
    """Return where the content of the item at *at* begins and ends."""
    head = content[at]
    if head < _TEXT:
        return at, at + 1
    kind = _LIST if head >= _LIST else _TEXT
    size = head - kind
    if size <= _SHORT_MAX:
        return at + 1, at + 1 + size
    width = size - _SHORT_MAX
    start = at + 1 + width
    return start, start + int.from_bytes(content[at + 1 : start], "big")


def quantity(text: Any) -> int:  # noqa: ANN401 - whatever a node may answer
    """Return a number of JSON-RPC; raises `ChainUnavailable` for what is none."""
    try:
        return int(text, 16)
    except (TypeError, ValueError) as error:
        raise ChainUnavailable(f"the node answers {text!r} for a number") from error


def unhex(text: str) -> bytes:
    """Return bytes of JSON-RPC."""
    return bytes.fromhex(text.removeprefix("0x"))


def answered(value: Any) -> Any:  # noqa: ANN401 - whatever a node may answer
    """Return a value of a batch; raises `ChainUnavailable` when the node declined the call."""
    if isinstance(value, RpcError):
        raise ChainUnavailable(str(value)) from value
    return value
