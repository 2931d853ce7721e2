"""Calls that anybody may make."""

from decimal import Decimal
from typing import Literal

from outcry_sdk.calls.call import Call, get, reader
from outcry_sdk.models import (
    ActivityPage,
    Depth,
    EventDetail,
    EventsPage,
    OpenOrdersPage,
    PositionsPage,
)


_topics = reader(list[str])
_events = reader(EventsPage, empty=True)
_event_detail = reader(EventDetail, empty=True)
_depth = reader(Depth, empty=True)
_balance = reader(Decimal)
_positions = reader(PositionsPage, empty=True)
_open_orders = reader(OpenOrdersPage, empty=True)
_activity = reader(ActivityPage, empty=True)


def topics() -> Call[list[str]]:
    """Return the names of all topics."""
    return get("/api/topics", _topics)


def events(
    *,
    topic: str = "",
    title: str = "",
    order: Literal["", "ending_soon", "newest", "volume"] = "",
    page: int = 1,
    page_size: int = 20,
) -> Call[EventsPage]:
    """Return a page of events with their markets and prices."""
    query = {"topic": topic, "title": title, "page": page, "page_size": page_size}
    return get("/api/events", _events, query | ({order: True} if order else {}))


def event_detail(event_id: int) -> Call[EventDetail]:
    """Return one event with its rules, times, markets and what they paid."""
    return get("/api/event_detail", _event_detail, {"event_id": event_id})


def depth(event_id: int, market_id: int, *, after: int = 0) -> Call[Depth]:
    """Return the book of one market, as each of its two tokens sees it."""
    query = {"event_id": event_id, "market_id": market_id, "after": after}
    return get("/api/depth", _depth, query)


def balance(uid: int, *, account: int = 0, after: int = 0) -> Call[Decimal]:
    """Return a user's collateral, what is set aside for orders included."""
    return get("/api/balance", _balance, {"uid": uid, "account": account, "after": after})


def positions(
    uid: int,
    *,
    account: int = 0,
    event_id: int = 0,
    market_id: int = 0,
    page: int = 1,
    page_size: int = 100,
    after: int = 0,
) -> Call[PositionsPage]:
    """Return a user's tokens with average cost, present value and profit."""
    query = {"event_id": event_id, "market_id": market_id, "page": page, "page_size": page_size}
    return get(
        "/api/positions", _positions, query | {"uid": uid, "account": account, "after": after}
    )


def open_orders(
    uid: int,
    *,
    account: int = 0,
    event_id: int = 0,
    market_id: int = 0,
    page: int = 1,
    page_size: int = 20,
    after: int = 0,
) -> Call[OpenOrdersPage]:
    """Return a user's orders that are new or rest in a book, newest first."""
    query = {"event_id": event_id, "market_id": market_id, "page": page, "page_size": page_size}
    return get(
        "/api/open_orders", _open_orders, query | {"uid": uid, "account": account, "after": after}
    )


def activity(
    uid: int,
    *,
    account: int = 0,
    event_id: int = 0,
    market_id: int = 0,
    page: int = 1,
    page_size: int = 20,
    after: int = 0,
) -> Call[ActivityPage]:
    """Return a user's fills, splits, merges and redemptions, newest first."""
    query = {"event_id": event_id, "market_id": market_id, "page": page, "page_size": page_size}
    return get("/api/activity", _activity, query | {"uid": uid, "account": account, "after": after})
