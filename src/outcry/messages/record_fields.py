"""What a record's kind makes of its fields. The C form is in record_fields.pxd."""

from collections.abc import Callable
from typing import Any

from outcry_wire.records import LAYOUTS


def made_of(
    make: Callable[..., Any],
    data: bytes,
    offset: int,
    _codes: bytes,
    with_flags: bool,  # noqa: FBT001 - as in C
) -> Any:  # noqa: ANN401 - what it is, the maker says
    """Return what *make* makes of the whole record at *offset*; its flags come first if wanted."""
    fields = LAYOUTS[data[offset]].unpack_from(data, offset)
    return make(fields[1], *fields[3:]) if with_flags else make(*fields[3:])
