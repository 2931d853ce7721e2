"""The TCP protocol as others see it: the golden vectors and the page."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tools import write_tcp_page
from tools.tcp_fields import FIELDS, HEADER_FIELDS, SECRETS, TEXTS

from outcry_wire import tcp
from outcry_wire.records import RecordType


VECTORS: list[dict[str, Any]] = json.loads(write_tcp_page.VECTORS.read_text("utf-8"))


def kind_of(name: str) -> RecordType | tcp.Message:
    """Return the type with that name."""
    return tcp.Message[name] if name in tcp.Message.__members__ else RecordType[name]


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["record"] for vector in VECTORS])
def test_golden_vectors(vector: dict[str, Any]) -> None:
    """The bytes of every record make its fields, and the fields its bytes."""
    kind, data = kind_of(vector["record"]), bytes.fromhex(vector["hex"])
    assert write_tcp_page.packed(kind, vector["fields"]) == data
    (record,) = tcp.records_in(data[4:])
    found, layout = tcp.layout_of(record)
    assert found is kind
    names = [*HEADER_FIELDS, *FIELDS[kind].split()]
    for name, value in zip(names, layout.unpack(record), strict=True):
        shown = value
        if name in TEXTS:
            shown = tcp.text_of(value)
        elif name in SECRETS:
            shown = value.hex()
        assert shown == vector["fields"][name]


def test_every_record_has_a_vector_and_a_table() -> None:
    """Everything that goes over TCP is in the vectors, once."""
    everything = [*tcp.COMMANDS, *tcp.ANSWERS, *tcp.Message]
    assert sorted(vector["record"] for vector in VECTORS) == sorted(k.name for k in everything)


def test_the_page_shows_the_layouts_as_they_are() -> None:
    """docs/reference/tcp.md is what tools/write_tcp_page.py writes."""
    text = write_tcp_page.PAGE.read_text("utf-8")
    assert write_tcp_page.page(text) == text


def test_the_proof_covers_nonce_and_logon() -> None:
    """Another secret, nonce or field gives another proof; the proof itself does not count."""
    logon = bytes(range(tcp.LOGON.size))
    proof = tcp.proof_of(b"secret", bytes(32), logon)
    assert proof.hex() == "d97d19e9e8fc788b36bfed6da20fd94f45b6a6bd9998d65d7cec50d9e255fdc6"
    assert tcp.proof_of(b"secret", bytes(32), logon[:-32] + bytes(32)) == proof
    others = [
        tcp.proof_of(b"Secret", bytes(32), logon),
        tcp.proof_of(b"secret", bytes(31) + b"\1", logon),
        tcp.proof_of(b"secret", bytes(32), logon[:40] + b"\0" + logon[41:]),
    ]
    assert len({proof, *others}) == 4


@pytest.mark.parametrize("length", [0, 8, 31, 33, 65_537, 65_544])
def test_lengths_that_no_frame_has(length: int) -> None:
    """A frame is 32 to 65,536 bytes, a multiple of 8; anything else is named and refused."""
    with pytest.raises(tcp.FramingError, match=str(length)):
        tcp.frame(bytes(length))


@given(st.binary(max_size=400))
def test_any_bytes_are_cut_into_records_or_refused(data: bytes) -> None:
    """Cutting never fails otherwise, and what it yields is the data."""
    found = []
    try:
        found = list(tcp.records_in(data))
    except tcp.FramingError:
        return
    assert b"".join(found) == data


@given(st.binary(min_size=32, max_size=200))
def test_any_record_is_known_or_refused(record: bytes) -> None:
    """A record has a layout of its own length, or is refused."""
    try:
        _, layout = tcp.layout_of(record)
    except tcp.FramingError:
        return
    assert layout.size == len(record)
