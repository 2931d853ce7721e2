"""A call: what to send, how to read the answer, and whether sending it again can do harm."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

import msgspec
from msgspec import DecodeError, Raw, Struct, ValidationError

from outcry_sdk.amounts import Amount, empty_to_none, text_of
from outcry_sdk.errors import ProtocolError, Refusal, rejected


ResultT = TypeVar("ResultT")
ResultT_co = TypeVar("ResultT_co", covariant=True)

OK: Final = 200
_encoder = msgspec.json.Encoder()
_NOTHING: Final = Raw(b"null")


class Envelope(Struct):
    """Every answer."""

    code: int
    msg: str
    data: Raw = _NOTHING


_envelope = msgspec.json.Decoder(Envelope)
_refusal = msgspec.json.Decoder(Refusal)


@dataclass(frozen=True, slots=True)
class Call(Generic[ResultT_co]):
    """One request and the meaning of its answer."""

    method: str
    path: str
    read: Callable[[bytes], ResultT_co]
    query: Mapping[str, str]
    body: bytes | None = None
    headers: Mapping[str, str] | None = None
    #: Whether the same request twice does no more than once.
    repeatable: bool = True

    def result(self, status: int, body: bytes) -> ResultT_co:
        """Return what *body* answers; raises `RejectedError`, or `ProtocolError`."""
        try:
            envelope = _envelope.decode(body)
            if envelope.code == 0 and status == OK:
                return self.read(bytes(envelope.data))
            refusal = _read_refusal(bytes(envelope.data))
        except DecodeError as error:
            raise ProtocolError(
                f"{self.method} {self.path} was answered with status {status} and {body[:200]!r}"
            ) from error
        raise rejected(envelope.msg, refusal, code=envelope.code, status=status)


def reader(kind: type[ResultT], *, empty: bool = False) -> Callable[[bytes], ResultT]:
    """Return what reads data of *kind*; with *empty*, "" may stand where an amount belongs."""
    decoder = msgspec.json.Decoder(kind)
    if not empty:
        return decoder.decode

    def read(data: bytes) -> ResultT:
        return msgspec.convert(empty_to_none(msgspec.json.decode(data)), kind)

    return read


def get(
    path: str, read: Callable[[bytes], ResultT], query: Mapping[str, object] | None = None
) -> Call[ResultT]:
    """Return a read; parameters that are None, 0 or "" are left out."""
    given = {name: _parameter(value) for name, value in (query or {}).items() if value}
    return Call("GET", path, read, given)


def post(
    path: str,
    read: Callable[[bytes], ResultT],
    body: Mapping[str, Any],
    *,
    query: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    repeatable: bool = True,
) -> Call[ResultT]:
    """Return a request that changes something; fields that are None are left out."""
    given = {name: value for name, value in body.items() if value is not None}
    return Call("POST", path, read, query or {}, _encoder.encode(given), headers, repeatable)


def optional_text(value: Amount | None) -> str | None:
    """Return an amount as text, None when there is none."""
    return None if value is None else text_of(value)


def _parameter(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _read_refusal(data: bytes) -> Refusal:
    """Return the data of a refusal; a failure inside the exchange has none."""
    try:
        return _refusal.decode(data)
    except ValidationError:
        return Refusal()
