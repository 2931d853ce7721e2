"""Rows become what COPY takes: by the same rules interpreted and, where it is there, compiled."""

from struct import pack
from types import ModuleType

import pytest

from outcry.adapters.postgres import copy_rows
from outcry.ports.rows import JournalRow
from outcry.runtime.rules_twin import twin_of


FORMS = [copy_rows, twin_of(copy_rows.__name__)]


@pytest.mark.parametrize("form", FORMS, ids=("interpreted", "chosen"))
def test_columns_are_packed_in_order_each_behind_its_length(form: ModuleType) -> None:
    """Numbers come in the width of their column, text and bytes in their own."""
    row = (-(2**63), "é", -1, b"\0\xff", -(2**15), "")
    packed = form.pack_rows([row, row], bytes([8, 0, 4, 0, 2, 0]))

    one = pack(
        ">hiqi2siii2sihi", 6, 8, -(2**63), 2, "é".encode(), 4, -1, 2, b"\0\xff", 2, -(2**15), 0
    )
    assert bytes(packed) == 2 * one


@pytest.mark.parametrize("form", FORMS, ids=("interpreted", "chosen"))
def test_a_large_row_has_room(form: ModuleType) -> None:
    """However long a text is, what comes behind it is there."""
    rows = [JournalRow(1, n, b"x" * 10_000) for n in range(50)]
    packed = form.pack_rows(rows, bytes([8, 8, 0]))

    assert bytes(packed) == b"".join(
        pack(">hiqiqi10000s", 3, 8, 1, 8, n, 10_000, b"x" * 10_000) for n in range(50)
    )


@pytest.mark.parametrize("form", FORMS, ids=("interpreted", "chosen"))
@pytest.mark.parametrize(("number", "width"), [(2**15, 2), (-(2**31) - 1, 4), (2**63, 8)])
def test_a_number_that_its_column_has_no_room_for_is_refused(
    form: ModuleType, number: int, width: int
) -> None:
    """A number is never cut to the width of its column."""
    with pytest.raises(OverflowError):
        form.pack_rows([(number,)], bytes([width]))
