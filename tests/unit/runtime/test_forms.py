"""Forms: what is read, and how what does not fit is named."""

from typing import Annotated, Literal

import pytest
from msgspec import Meta, Struct, json

from outcry.domain.rejects import Reject, Rejected
from outcry.runtime.forms import GOT_LENGTH_MAX, Id, Name, is_id, read_body, read_query


class Inner(Struct, forbid_unknown_fields=True):
    """An object inside a list."""

    tick: int = 1


class Form(Struct, forbid_unknown_fields=True):
    """A form with one field of each kind."""

    market_id: Id
    name: Name = ""
    flag: bool | None = None
    items: Annotated[list[Inner], Meta(max_length=2)] = []
    kind: Literal["", "flat"] = ""
    scopes: Annotated[list[Literal["read", "trade"]], Meta(max_length=2)] = []


DECODER = json.Decoder(Form)


def test_a_good_body_and_a_good_query_are_read() -> None:
    """A body is read with its types, a query from text alone."""
    assert read_body(DECODER, b'{"market_id": 7, "name": "a"}') == Form(7, "a")
    assert read_query(Form, {"market_id": "7", "flag": "true"}) == Form(7, flag=True)


def test_an_empty_body_is_an_empty_object() -> None:
    """No body at all is refused for what is missing, not for being empty."""
    assert read_body(DECODER, b"") == Rejected(Reject.FIELD_MISSING, "", "market_id")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"market_id": "7"}', (104, '"7"', "market_id: an integer")),
        (b'{"market_id": 7.5}', (104, "7.5", "market_id: an integer")),
        (b'{"market_id": 0}', (104, "0", "market_id: an integer >= 1")),
        (b'{"market_id": 7, "name": 5}', (104, "5", "name: text in quotes")),
        (
            b'{"market_id": 7, "name": "\\u0000"}',
            (104, '"\\u0000"', "name: text in quotes without NUL characters"),
        ),
        (b'{"market_id": 7, "kind": "x"}', (104, '"x"', 'kind: one of "", flat')),
        (
            b'{"market_id": 7, "scopes": ["read", "root"]}',
            (104, '"root"', "scopes[1]: one of read, trade"),
        ),
        (b'{"market_id": 7, "flag": 1}', (104, "1", "flag: true or false")),
        (b'{"market_id": 7, "items": {}}', (104, "{}", "items: a list")),
        (
            b'{"market_id": 7, "items": [{}, {"tick": null}]}',
            (104, "null", "items[1].tick: an integer"),
        ),
        (b'{"market_id": 7, "items": [{"x": 1}]}', (102, "items[0].x", "")),
        (b'{"market_id": 7, "colour": 1}', (102, "colour", "")),
        (b'{"name": "a"}', (103, "", "market_id")),
        (b"[]", (104, "[]", "an object")),
    ],
)
def test_what_does_not_fit_is_named(body: bytes, expected: tuple[int, str, str]) -> None:
    """A reject names the field by its path, shows what was got and says what is expected."""
    refused = read_body(DECODER, body)

    assert isinstance(refused, Rejected)
    assert (refused.reject, refused.got, refused.expected) == expected


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b'{"market_id": 7',
        b'{"market_id": 7}}',
        b'{"market_id": "x", }',
        b'{"market_id": NaN}',
        b'{"name": "\xff"}',
        b'{"name": "\\ud800"}',
        b"[" * 100_000,
        b'{"items": ' + b"[" * 100_000,
        b'{"market_id": ' + b"9" * 5_000 + b"}",
    ],
)
def test_what_is_no_json_is_malformed(body: bytes) -> None:
    """Anything that is not JSON is one reject, however it is broken, and never a crash."""
    refused = read_body(DECODER, body)

    assert isinstance(refused, Rejected)
    assert refused.reject is Reject.MALFORMED


@pytest.mark.parametrize(
    ("query", "reject"),
    [
        ({}, Reject.FIELD_MISSING),
        ({"market_id": "seven"}, Reject.FIELD_INVALID),
        ({"market_id": ""}, Reject.FIELD_INVALID),
        ({"market_id": "-1"}, Reject.FIELD_INVALID),
        ({"market_id": "9" * 5_000}, Reject.FIELD_INVALID),
        ({"market_id": "7", "flag": "maybe"}, Reject.FIELD_INVALID),
        ({"market_id": "7", "colour": "red"}, Reject.FIELD_UNKNOWN),
        ({"market_id": "7", "name": "\ud800"}, Reject.MALFORMED),
    ],
)
def test_what_a_query_gets_wrong(query: dict[str, str], reject: Reject) -> None:
    """Parameters are refused like fields of a body."""
    refused = read_query(Form, query)

    assert isinstance(refused, Rejected)
    assert refused.reject is reject


def test_what_was_got_is_said_back_shortly() -> None:
    """A reject does not return a megabyte to whom sent one."""
    refused = read_body(DECODER, b'{"market_id": "' + b"a" * 1_000_000 + b'"}')

    assert isinstance(refused, Rejected)
    assert len(refused.got) <= GOT_LENGTH_MAX + 1


def test_ids_fit_the_ledger() -> None:
    """A number from a path names something only within 63 bits."""
    assert [is_id(number) for number in (0, 1, 2**63 - 1, 2**63, -1)] == [
        False,
        True,
        True,
        False,
        False,
    ]


class _First(Inner, tag="first", tag_field="type"):
    """One kind of message."""


class _Second(Struct, tag="second", tag_field="type"):
    """Another kind."""

    form: Form


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"type": "third"}', "type: one of first, second"),
        (
            b'{"type": "second", "form": {"market_id": 7, "kind": "x"}}',
            'form.kind: one of "", flat',
        ),
    ],
)
def test_a_message_of_no_kind_is_told_the_kinds(body: bytes, expected: str) -> None:
    """Where the kind decides about the fields, a wrong kind is refused with all of them."""
    read = read_body(json.Decoder(_First | _Second), body)
    assert isinstance(read, Rejected)
    assert read.expected == expected
