"""Forms: what clients send, read strictly and refused with the field's own name.

A form is a msgspec struct: its types and bounds are the rules and also the published schema. Bodies
are read as they are (a number is not a text, a text is not a number); query parameters are all text
and are converted. What does not fit is a `Rejected` that says what was got and what is expected.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Final, TypeVar

from msgspec import DecodeError, Meta, MsgspecError, ValidationError, convert, inspect, json

from outcry.domain.rejects import Reject, Rejected


FormT = TypeVar("FormT")

ID_MAX: Final = 2**63 - 1
#: How much of what was got is said back.
GOT_LENGTH_MAX: Final = 80

#: A number that names something.
Id = Annotated[int, Meta(ge=1, le=ID_MAX)]
#: The same, where 0 means any or none.
OptionalId = Annotated[int, Meta(ge=0, le=ID_MAX)]
#: Seconds since 1970; 0 means none. (The year 9999 is the last.)
Seconds = Annotated[int, Meta(ge=0, le=253_402_300_799)]
#: A pattern for texts that are stored: tables take every character but NUL and half characters.
STORABLE: Final = r"^[^\x00\ud800-\udfff]*$"
Name = Annotated[str, Meta(max_length=256, pattern=STORABLE)]
Prose = Annotated[str, Meta(max_length=20_000, pattern=STORABLE)]

_FIELD: Final = re.compile(r"field `([^`]*)`")
_STEP: Final = re.compile(r"[^.\[\]]+")
#: How a value begins to be refused that is none of those listed.
_UNLISTED: Final = ("Invalid enum value", "Invalid value")
_WHERE: Final = re.compile(r" - at `\$\.?([^`]*)`$")
_KINDS: Final = {
    f"matching regex {STORABLE!r}": "without NUL characters",
    "`bool | null`": "true or false",
    "`str`": "text in quotes",
    "`int`": "an integer",
    "`bool`": "true or false",
    "`object`": "an object",
    "`array`": "a list",
}


def is_id(number: int) -> bool:
    """Return whether *number*, from a path, may name something."""
    return 0 < number <= ID_MAX


def read_body(decoder: json.Decoder[FormT], body: bytes) -> FormT | Rejected:
    """Return the form in a JSON *body*, or why it is none. An empty body is an empty object."""
    body = body or b"{}"
    try:
        try:
            return decoder.decode(body)
        except ValidationError as error:
            return _explain(error, json.decode(body), decoder.type)
    except DecodeError as error:
        return Rejected(Reject.MALFORMED, str(error)[:GOT_LENGTH_MAX])
    except (UnicodeError, RecursionError):
        return Rejected(Reject.MALFORMED)


def read_message(decoder: json.Decoder[FormT], message: bytes, form: str) -> FormT | Rejected:
    """Return the form in a *message* of a feed, or why it is none and that *form* is expected."""
    try:
        return decoder.decode(message)
    except DecodeError as error:
        return Rejected(Reject.MALFORMED, _shortened(str(error)), form)
    except (UnicodeError, RecursionError):
        return Rejected(Reject.MALFORMED, expected=form)


def read_query(form: type[FormT], query: Mapping[str, str]) -> FormT | Rejected:
    """Return the form in the parameters of a query, or why it is none."""
    try:
        try:
            return convert(query, form, strict=False)
        except ValidationError as error:
            return _explain(error, query, form)
    except UnicodeError:
        return Rejected(Reject.MALFORMED, "a query that is not UTF-8")


def _explain(error: MsgspecError, raw: object, form: object) -> Rejected:
    sentence = str(error)
    where = _WHERE.search(sentence)
    path = where[1] if where else ""
    sentence = _WHERE.sub("", sentence)
    field = _FIELD.search(sentence)
    name = ".".join(part for part in (path, field[1] if field else "") if part)
    if "missing required field" in sentence:
        return Rejected(Reject.FIELD_MISSING, expected=name)
    if "unknown field" in sentence:
        return Rejected(Reject.FIELD_UNKNOWN, _shortened(name))
    expected = sentence.removeprefix("Expected ").partition(", got")[0]
    for kind, words in _KINDS.items():
        expected = expected.replace(kind, words)
    if expected.startswith(_UNLISTED):
        expected = f"one of {', '.join(_choices(form, path))}"
    got = json.encode(_at(raw, path)).decode()
    return Rejected(
        Reject.FIELD_INVALID, _shortened(got), f"{name}: {expected}" if name else expected
    )


def _choices(form: object, path: str) -> list[str]:
    """Return the values that *form* lists for the field at *path*, or the names of its kinds."""
    node = _plain(inspect.type_info(form))
    for step in _STEP.findall(path):
        if isinstance(node, inspect.ListType):
            node = _plain(node.item_type)
            continue
        kinds = node.types if isinstance(node, inspect.UnionType) else (node,)
        structs = [one for one in kinds if isinstance(one, inspect.StructType)]
        named = [field.type for one in structs for field in one.fields if field.encode_name == step]
        if not named:
            return [str(one.tag) for one in structs]
        node = _plain(named[0])
    return [str(value) or '""' for value in getattr(node, "values", ())]


def _plain(node: inspect.Type) -> inspect.Type:
    """Return the type under what is said about it."""
    while isinstance(node, inspect.Metadata):
        node = node.type
    return node


def _at(raw: object, path: str) -> object:
    """Return what stands at *path*, such as ``markets[0].tick``."""
    for step in _STEP.findall(path):
        if isinstance(raw, Mapping):
            raw = raw.get(step)
        elif isinstance(raw, list) and step.isdigit() and int(step) < len(raw):
            raw = raw[int(step)]
    return raw


def _shortened(text: str) -> str:
    return text if len(text) <= GOT_LENGTH_MAX else f"{text[:GOT_LENGTH_MAX]}…"
