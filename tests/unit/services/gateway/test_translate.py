"""Between the TCP protocol and the ledger: requests made, events told."""

import pytest
from tests.support.tcp_records import cancel, cancel_all, place, read, reduce, replace, unframed

from outcry.messages.requests import (
    CancelAllRequest,
    CancelRequest,
    PlaceRequest,
    ReduceRequest,
    ReplaceRequest,
)
from outcry.messages.user_events import BalanceState, FillDone, OrderState, UserBatch
from outcry.services.gateway.door.translate import (
    command_of,
    ended,
    framed,
    framed_whole,
    told,
)
from outcry_wire.rejects import Reject
from outcry_wire.tcp import MORE_FOLLOWS


def test_commands_become_requests() -> None:
    """Ids become texts; prices of replacements are those of the book, whatever the outcome."""
    order = place(1, 77, side=1, price=6000, qty=5, instrument=3, outcome=1, post_only=1)
    assert command_of(order, 9) == PlaceRequest(9, 3, 1, 1, 0, 0, True, 0, 6000, 5, 0, 0, "77")
    assert command_of(cancel(1, 77), 9) == CancelRequest(9, 0, "77")
    assert command_of(cancel(1, -4), 9) == CancelRequest(9, 4, "")
    assert command_of(cancel_all(1, 3), 9) == CancelAllRequest(9, 0, 3)
    assert command_of(reduce(1, 77, 2), 9) == ReduceRequest(9, 0, "77", 2)
    moved = ReplaceRequest(9, 0, "77", 6000, 8, post_only=False, in_book=True)
    assert command_of(replace(1, 77, 6000, 8), 9) == moved


@pytest.mark.parametrize(
    ("record", "reject"),
    [
        (place(1, 0), Reject.CLIENT_ORDER_ID_INVALID),
        (place(1, -1), Reject.CLIENT_ORDER_ID_INVALID),
        (place(1, 1, post_only=2), Reject.POST_ONLY_IMMEDIATE),
        (cancel(1, 0), Reject.ORDER_UNKNOWN),
        (replace(1, 0, 1, 1), Reject.ORDER_UNKNOWN),
        (reduce(1, 0, 1), Reject.ORDER_UNKNOWN),
    ],
)
def test_what_cannot_be_asked(record: bytes, reject: Reject) -> None:
    """It is declined here, with the reason."""
    assert command_of(record, 9) == reject


def test_an_entry_of_several_frames_says_so() -> None:
    """All records but those of the last frame carry the flag; one frame carries none."""
    one = place(1, 1)
    assert framed_whole([one] * 3) == framed([one] * 3)
    flags = [record[1] for record in unframed(framed_whole([one] * 1500))]
    assert len(flags) == 1500
    assert [flags.index(0), set(flags[:1488]), set(flags[1488:])] == [1488, {MORE_FOLLOWS}, {0}]


def state(order_id: int, name: str, *, status: int, remaining: int) -> OrderState:
    """Return an order of account 9: 10 lots to buy at 6000."""
    return OrderState(
        order_id, 9, 3, 0, 0, 0, 0, 6000, 10, 0, remaining, 10 - remaining, 0, 0, status, 2, 501,
        name, 1, 2, 5,
    )  # fmt: skip


def fill(order_id: int, number: int, qty: int, *, maker: bool) -> FillDone:
    """Return a fill of account 9."""
    return FillDone(8, number, order_id, 9, 3, 0, 0, 6000, qty, 1, maker, 0, 2)


def test_events_become_records() -> None:
    """Fills say what is left after each; then comes what rests, ended or was declined."""
    batch = UserBatch(
        1,
        0,
        [
            state(50, "77", status=1, remaining=5),
            state(51, "by name", status=1, remaining=4),
            state(52, "79", status=3, remaining=10),
            state(53, "80", status=4, remaining=10),
            state(54, "81", status=2, remaining=0),
            fill(50, 0, 2, maker=False),
            fill(50, 1, 3, maker=False),
            fill(51, 0, 6, maker=True),
            fill(54, 0, 10, maker=False),
            BalanceState(9, 1, 0),
        ],
    )
    records = told(batch, 9, 33)
    assert read(framed(records)) == [
        ("FILL", (8, 77, 6000, 2, 8, 0, 0, 1, 0, 0, 0)),
        ("FILL", (8, 77, 6000, 3, 5, 0, 1, 1, 0, 0, 0)),
        ("FILL", (8, -51, 6000, 6, 4, 0, 0, 1, 1, 0, 0)),
        ("FILL", (8, 81, 6000, 10, 0, 0, 0, 1, 0, 0, 0)),
        ("ORDER_PLACED", (77, 6000, 5, 0, 0)),
        ("ORDER_CANCELLED", (79, 6000, 10, 0, 0, 0, 2)),
        ("ORDER_REJECTED", (80, 501)),
    ]
    assert [ended(record) for record in records] == [0, 0, 0, 81, 0, 79, 80]
    assert {int.from_bytes(record[8:16], "little") for record in records} == {33}


def test_other_accounts_of_the_user_are_not_told_of() -> None:
    """A session is of one account."""
    batch = UserBatch(1, 0, [state(50, "77", status=1, remaining=5), fill(50, 0, 5, maker=True)])
    assert told(batch, 10, 33) == []
