"""Followers of the feeds: what they ask for, how they mend a gap, what they keep."""

from decimal import Decimal
from typing import Any

import pytest
from msgspec import json
from tests.support.rows import market_row

from outcry.messages.user_events import BalanceState, FillDone, FillSettled, UserBatch
from outcry.services.websocket_user.frames import event_frames
from outcry_sdk import IdentityError, ProtocolError
from outcry_sdk.feeds.private import (
    BalanceChanged,
    Missed,
    PrivateFollower,
    Traded,
    TradeSettled,
)
from outcry_sdk.feeds.public import BookChanged, PublicFollower, Refused


SIDE = {"latest_trade_price": "", "bids": [], "asks": []}


def public(kind: str, update_id: int, prev: int = 0) -> bytes:
    """Return a message about the book of market 7."""
    return json.encode(
        {
            "event_id": 1,
            "market_id": 7,
            "prev_update_id": prev,
            "update_id": update_id,
            "timestamp": 1,
            kind: {"11": SIDE, "22": SIDE},
        }
    )


def balance(total: str) -> dict[str, object]:
    """Return a balance as the feed says it."""
    return {"total": total, "available": total, "held": "0.000000", "update_id": 1}


def changed(n: int, prev_n: int, total: str, *, last: bool = True) -> bytes:
    """Return a change of the balance."""
    return json.encode(
        {
            "event_id": None,
            "event_type": "balance_change",
            "n": n,
            "prev_n": prev_n,
            "last": last,
            "data": balance(total),
        }
    )


def snapshot(n: int, part: int = 1, parts: int = 1) -> bytes:
    """Return a part of an empty snapshot."""
    data = {"balance": balance("1.000000"), "orders": [], "positions": []}
    frame = {"event_type": "snapshot", "n": n, "part": part, "parts": parts, "truncated": False}
    return json.encode({**frame, "data": data})


def asked(text: str) -> Any:
    """Return a message that would be sent."""
    return json.decode(text)


def test_a_gap_asks_for_the_whole_book() -> None:
    """After a gap the follower asks for a snapshot, drops what comes before it, then goes on."""
    follower = PublicFollower()
    follower.follow(1, 7)
    assert isinstance(follower.take(public("depths", 5)).events[0], BookChanged)
    reaction = follower.take(public("changes", 9, 7))
    assert not reaction.events
    (again,) = map(asked, reaction.say)
    assert again == {"action": "subscribe", "event_id": 1, "market_id": 7}
    assert follower.gaps == 1
    (event,) = follower.take(public("depths", 9)).events
    assert isinstance(event, BookChanged)
    assert event.whole
    assert follower.books[7].update_id == 9


def test_a_new_connection_resumes_where_the_books_stand() -> None:
    """The opening of a connection names the update of each book that is known."""
    follower = PublicFollower()
    follower.follow(1, 7)
    assert "update_id" not in asked(follower.opening()[0])
    follower.take(public("depths", 5))
    assert asked(follower.opening()[0])["update_id"] == 5
    follower.leave(7)
    assert follower.opening() == []


def test_a_refused_subscription_is_an_event() -> None:
    """A refusal carries number and words, and does not end the connection."""
    refusal = {"event_type": "subscribed_error", "success": False, "message": "No such market."}
    refusal |= {"reject": 304, "name": "market_unknown", "got": "9", "expected": ""}
    (event,) = PublicFollower().take(json.encode(refusal)).events
    assert isinstance(event, Refused)
    assert (event.error.reject, event.error.name, event.error.got) == (304, "MARKET_UNKNOWN", "9")


def test_events_of_one_entry_move_the_account_together() -> None:
    """``n`` moves with the last event of an entry only, so that a cut entry is asked for again."""
    follower = PrivateFollower(lambda: {"auth": "t"})
    follower.take(snapshot(10))
    follower.take(changed(12, 10, "2.000000", last=False))
    assert asked(follower.opening()[0]) == {"auth": "t", "after": 10}
    follower.take(changed(12, 10, "3.000000"))
    assert follower.account.n == 12
    assert follower.account.balance is not None
    assert follower.account.balance.total == Decimal(3)


def test_a_fill_may_come_before_the_answer_to_its_order() -> None:
    """Answers and events take different ways: a fill of an order nobody knows yet is told."""
    follower = PrivateFollower(lambda: {"auth": "t"})
    follower.take(snapshot(10))
    trade: dict[str, object] = {
        "trade_id": 1,
        "fill": 0,
        "order_id": 77,
        "event_id": 1,
        "market_id": 7,
    }
    trade |= {"token_id": "11", "outcome_name": "Yes", "side": "buy", "role": "taker"}
    trade |= {"match": "mint", "price": "0.5", "quantity": "1.00", "value": "0.500000"}
    trade |= {"fee": "0.000000", "timestamp": 1}
    frame = {"event_id": 1, "event_type": "trade", "n": 11, "prev_n": 10, "last": True}
    (event,) = follower.take(json.encode({**frame, "data": trade})).events
    assert isinstance(event, Traded)
    assert event.trade.order_id == 77
    assert 77 not in follower.account.orders


def test_what_a_chain_says_is_told_as_the_exchange_says_it() -> None:
    """A pending fill, what is on its way, and the verdict with its reason reach the client."""
    batch = UserBatch(
        1,
        10,
        [
            FillDone(5, 0, 77, 1000, 7, 1, 0, 6_000, 100, 1, True, 0, 1_000, True),
            FillSettled(5, 0, 77, 1000, 7, 1, 0, 6_000, 100, 0, "revoked", "0x1", 2_000),
            BalanceState(1000, 2_000_000, 0, 400_000, 600_000),
        ],
    )
    follower = PrivateFollower(lambda: {"auth": "t"})
    follower.take(snapshot(10))
    said = event_frames(11, batch, lambda _: market_row(7), None, 1_000)
    traded, settled, moved = (
        event for frame in said for event in follower.take(json.encode(frame)).events
    )
    assert isinstance(traded, Traded)
    assert traded.trade.pending
    assert isinstance(settled, TradeSettled)
    assert (settled.settled.verdict, settled.settled.reason) == ("failed", "revoked")
    assert settled.settled.price == Decimal("0.4")
    assert isinstance(moved, BalanceChanged)
    assert (moved.balance.incoming, moved.balance.outgoing) == (Decimal("0.4"), Decimal("0.6"))


def test_a_hole_in_private_events_is_missed() -> None:
    """An event whose prev_n is above the account's n raises; one that is old is dropped."""
    follower = PrivateFollower(lambda: {"auth": "t"})
    follower.take(snapshot(10))
    assert not follower.take(changed(10, 4, "9.000000")).events
    with pytest.raises(Missed):
        follower.take(changed(14, 12, "2.000000"))
    assert follower.account.n == 10


def test_a_snapshot_counts_when_all_its_parts_are_there() -> None:
    """Parts of a snapshot change nothing until the last; a new connection begins anew."""
    follower = PrivateFollower(lambda: {"auth": "t"})
    assert not follower.take(snapshot(10, 1, 2)).events
    assert follower.account.n == 0
    follower.opening()
    assert not follower.take(snapshot(11, 1, 2)).events
    assert follower.take(snapshot(11, 2, 2)).events
    assert follower.account.n == 11


def test_further_accounts_are_kept_apart() -> None:
    """A part and a change that name an account are its own; the first account has none of it."""
    follower = PrivateFollower(dict)
    follower.take(snapshot(5, 1, 2))
    data = {"balance": balance("7.000000") | {"account": 1003}, "orders": [], "positions": [],
            "account": 1003}  # fmt: skip
    frame = {"event_type": "snapshot", "n": 5, "part": 2, "parts": 2, "truncated": False}
    follower.take(json.encode({**frame, "data": data}))
    change = json.decode(changed(6, 5, "8.000000"))
    change["data"]["account"] = 1003
    follower.take(json.encode(change))

    account = follower.account
    assert account.n == 6
    assert account.balance is not None
    assert account.balance.total == Decimal(1)
    further = account.further[1003].balance
    assert further is not None
    assert further.total == Decimal(8)


def test_a_refused_login_is_an_exception() -> None:
    """A login that is not good raises the exception of its number."""
    refusal = {"event_type": "auth", "success": False, "message": "The token has expired."}
    refusal |= {"reject": 203, "name": "token_expired", "got": "", "expected": ""}
    with pytest.raises(IdentityError, match="TOKEN_EXPIRED"):
        PrivateFollower(lambda: {"auth": "t"}).take(json.encode(refusal))


def test_what_is_no_message_is_a_protocol_error() -> None:
    """Neither follower guesses what a broken message means."""
    with pytest.raises(ProtocolError):
        PublicFollower().take("{")
    with pytest.raises(ProtocolError):
        PrivateFollower(dict).take('{"event_type": "snapshot", "n": 3, "data": 1}')
