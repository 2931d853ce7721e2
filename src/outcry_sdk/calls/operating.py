"""Calls of an operator."""

from collections.abc import Sequence
from typing import Literal

import msgspec

from outcry_sdk.admin_models import (
    Checkpoint,
    EventMade,
    FeesMade,
    KeyMade,
    MarketMade,
    NewMarket,
    Season,
    SeasonMade,
    UserMade,
)
from outcry_sdk.amounts import Amount, text_of
from outcry_sdk.calls.call import Call, get, optional_text, post, reader
from outcry_sdk.models import Done


_done = reader(Done)
_user = reader(UserMade)
_key = reader(KeyMade)
_fees = reader(FeesMade)
_season = reader(SeasonMade)
_seasons = reader(list[Season])
_event = reader(EventMade)
_market = reader(MarketMade)
_checkpoint = reader(Checkpoint)


def deposit(user_id: int, amount: Amount, tx_hash: str) -> Call[Done]:
    """Credit collateral to a user, once per *tx_hash*."""
    body = {"user_id": user_id, "amount": optional_text(amount), "tx_hash": tx_hash}
    return post("/api/admin/deposits", _done, body)


def withdraw(user_id: int, amount: Amount, tx_hash: str) -> Call[Done]:
    """Debit a user's available collateral, once per *tx_hash*."""
    body = {"user_id": user_id, "amount": optional_text(amount), "tx_hash": tx_hash}
    return post("/api/admin/withdrawals", _done, body)


def create_user(external_id: str, *, name: str = "", address: str = "") -> Call[UserMade]:
    """Register a user, once per *external_id*."""
    body = {"external_id": external_id, "name": name, "address": address}
    return post("/api/admin/users", _user, body)


def create_key(
    user_id: int, scopes: Sequence[Literal["read", "trade", "admin"]], *, label: str = ""
) -> Call[KeyMade]:
    """Create an API key for a user."""
    body = {"user_id": user_id, "scopes": list(scopes), "label": label}
    return post("/api/admin/keys", _key, body, repeatable=False)


def revoke_key(key_id: int) -> Call[Done]:
    """Stop accepting an API key; doors notice within a second."""
    return post(f"/api/admin/keys/{key_id}/revoke", _done, {})


def set_fees(
    kind: Literal["none", "flat", "quadratic"],
    *,
    taker_bps: int = 0,
    maker_bps: int = 0,
    rebate_bps: int = 0,
) -> Call[FeesMade]:
    """Create the next version of fees, for markets to name."""
    body = {"kind": kind, "taker_bps": taker_bps, "maker_bps": maker_bps, "rebate_bps": rebate_bps}
    return post("/api/admin/fees", _fees, body, repeatable=False)


def create_event(  # noqa: PLR0913 - an event has these fields
    event_identifier: str,
    title: str,
    markets: Sequence[NewMarket] = (),
    *,
    slug: str = "",
    description: str = "",
    image: str = "",
    topic: str = "",
    rules: str = "",
    start_date: int = 0,
    end_date: int = 0,
) -> Call[EventMade]:
    """Create an event with its first markets, once per *event_identifier*."""
    body = {
        "event_identifier": event_identifier,
        "title": title,
        "slug": slug,
        "description": description,
        "image": image,
        "topic": topic,
        "rules": rules,
        "start_date": start_date,
        "end_date": end_date,
        "markets": [_market_body(market) for market in markets],
    }
    return post("/api/admin/events", _event, body)


def add_market(event_id: int, market: NewMarket) -> Call[MarketMade]:
    """Add a market to an event, once per its identifier."""
    body = _market_body(market) | {"event_id": event_id}
    return post("/api/admin/markets", _market, body)


def set_mode(mode: Literal["normal", "post_only", "cancel_only", "halted"]) -> Call[Done]:
    """Switch what the whole exchange accepts."""
    return post("/api/admin/mode", _done, {"mode": mode})


def freeze(account: int, reason: str) -> Call[Done]:
    """Let *account* only cancel; what it has resting is cancelled."""
    return post("/api/admin/freeze", _done, {"account": account, "frozen": True, "reason": reason})


def unfreeze(account: int, reason: str) -> Call[Done]:
    """Let *account* do everything again."""
    return post("/api/admin/freeze", _done, {"account": account, "frozen": False, "reason": reason})


def create_season(name: str, start: int, end: int) -> Call[SeasonMade]:
    """Rank users over the days from *start* to *end* (midnights, UTC), once per *name*."""
    return post("/api/admin/seasons", _season, {"name": name, "start": start, "end": end})


def seasons() -> Call[list[Season]]:
    """Return every season, by when it begins."""
    return get("/api/seasons", _seasons)


def set_limits(
    *,
    account: int = 0,
    market_id: int = 0,
    open_orders: int = 0,
    position: Amount | None = None,
    notional: Amount | None = None,
) -> Call[Done]:
    """Bound what an account (0: each) may have in a market (0: in all together).

    Resting orders, shares of one outcome, collateral set aside for buys; 0 and None are no limit.
    """
    body = {
        "account": account,
        "market_id": market_id,
        "open_orders": open_orders,
        "position": optional_text(position),
        "notional": optional_text(notional),
    }
    return post("/api/admin/limits", _done, body)


def set_clock(time: int) -> Call[Done]:
    """Advance a manual clock to *time* (seconds); what is due until then happens in order."""
    return post("/api/admin/clock", _done, {"time": time})


def checkpoint() -> Call[Checkpoint]:
    """Compare every book of the engine with the ledger's at an exact command."""
    return post("/api/admin/checkpoint", _checkpoint, {})


def _market_body(market: NewMarket) -> dict[str, object]:
    body: dict[str, object] = msgspec.structs.asdict(market)
    amounts = ("tick_size", "min_price", "min_quantity", "max_quantity")
    return body | {name: text_of(getattr(market, name)) for name in amounts}
