"""Records of the TCP protocol: a client's commands made, an exchange's messages read."""

from collections.abc import Iterable, Iterator
from typing import Any

from outcry_wire import records, tcp


def place(
    seq: int, order_id: int, *, side: int = 0, price: int = 5000, qty: int = 1, **more: int
) -> bytes:
    """Return a new order as a client sends it: instrument 1, limit, GTC."""
    fields = {
        "instrument": 1, "account": 0, "outcome": 0, "kind": 0, "tif": 0, "post_only": 0,
        "self_trade": 0, "budget": 0, "expire_at_us": 0,
    } | more  # fmt: skip
    return records.PLACE_ORDER.pack(
        *(1, 0, records.PLACE_ORDER.size, fields["instrument"], seq, 0, fields["account"]),
        *(order_id, 0, fields["outcome"], side, fields["kind"], fields["tif"]),
        *(fields["post_only"], fields["self_trade"], price, qty, fields["budget"]),
        fields["expire_at_us"],
    )


def cancel(seq: int, order_id: int, account: int = 0) -> bytes:
    """Return a cancel."""
    return records.CANCEL_ORDER.pack(2, 0, records.CANCEL_ORDER.size, 0, seq, 0, account, order_id)


def cancel_all(seq: int, instrument: int = 0) -> bytes:
    """Return a cancel of all orders of the account."""
    return records.CANCEL_ALL.pack(3, 0, records.CANCEL_ALL.size, instrument, seq, 0, 0)


def reduce(seq: int, order_id: int, by: int) -> bytes:
    """Return a reduction."""
    return records.REDUCE_ORDER.pack(4, 0, records.REDUCE_ORDER.size, 0, seq, 0, 0, order_id, by)


def replace(seq: int, order_id: int, price: int, total: int) -> bytes:
    """Return a replacement."""
    size = records.REPLACE_ORDER.size
    return records.REPLACE_ORDER.pack(5, 0, size, 0, seq, 0, 0, order_id, price, total, 0)


def add_instrument(number: int = 1, kind: int = 0, seq: int = 1) -> bytes:
    """Return the command that adds an instrument: a market on whole cents, or unbounded."""
    bounds = (100, 9900) if kind == 0 else (0, 0)
    return records.ADD_INSTRUMENT.pack(
        *(7, 0, records.ADD_INSTRUMENT.size, number, seq, 0, 0, kind, 0),
        *((100 if kind == 0 else 1), *bounds, 1, 1_000_000, 1_000_000, 1),
    )


def framed(*commands: bytes) -> bytes:
    """Return the commands as one frame."""
    return tcp.frame(b"".join(commands))


def payloads(data: bytes) -> Iterator[bytes]:
    """Yield the payload of each frame; the last one must be whole."""
    at = 0
    while at < len(data):
        (length,) = tcp.FRAME_HEAD.unpack_from(data, at)
        tcp.check_length(length)
        assert at + 4 + length <= len(data)
        yield data[at + 4 : at + 4 + length]
        at += 4 + length


def unframed(data: bytes) -> list[bytes]:
    """Return the records in whole frames."""
    return [record for payload in payloads(data) for record in tcp.records_in(payload)]


def read(data: bytes) -> list[tuple[str, tuple[Any, ...]]]:
    """Return name and fields behind the header of each record in whole frames."""
    shown = []
    for record in unframed(data):
        kind, layout = tcp.layout_of(record)
        shown.append((kind.name, layout.unpack(record)[7:]))
    return shown


def numbers(found: Iterable[bytes]) -> list[int]:
    """Return the ``seq`` of each record."""
    return [records.HEADER.unpack_from(record)[4] for record in found]
