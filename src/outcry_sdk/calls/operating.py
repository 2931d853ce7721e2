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
    MarketMoved,
    NewMarket,
    UserMade,
)
from outcry_sdk.amounts import Amount, text_of
from outcry_sdk.calls.call import Call, optional_text, post, reader
from outcry_sdk.models import Done


Payout = tuple[Amount, Amount]

_done = reader(Done)
_user = reader(UserMade)
_key = reader(KeyMade)
_fees = reader(FeesMade)
_event = reader(EventMade)
_market = reader(MarketMade)
_moved = reader(MarketMoved)
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


def pause_market(market_id: int, *, reason: str = "") -> Call[MarketMoved]:
    """Pause a market: nothing trades, orders rest and may be cancelled."""
    return _move(market_id, "pause", reason)


def resume_market(market_id: int, *, reason: str = "") -> Call[MarketMoved]:
    """Resume a paused market."""
    return _move(market_id, "resume", reason)


def close_market(market_id: int, *, reason: str = "") -> Call[MarketMoved]:
    """Close a market for good; answered when all its orders are cancelled."""
    return _move(market_id, "close", reason)


def resolve_market(
    market_id: int, *, payout: Payout | None = None, winner: str | None = None
) -> Call[MarketMoved]:
    """Fix what a closed market pays, by a payout or by the outcome (name or token) that wins."""
    body = {"payout": _payout(payout), "winner": winner}
    return post(f"/api/admin/markets/{market_id}/resolve", _moved, body)


def void_market(market_id: int, *, payout: Payout | None = None) -> Call[MarketMoved]:
    """End a closed market without an outcome; by default each token pays half."""
    return post(f"/api/admin/markets/{market_id}/void", _moved, {"payout": _payout(payout)})


def set_mode(mode: Literal["normal", "post_only", "cancel_only", "halted"]) -> Call[Done]:
    """Switch what the whole exchange accepts."""
    return post("/api/admin/mode", _done, {"mode": mode})


def set_clock(time: int) -> Call[Done]:
    """Advance a manual clock to *time* (seconds); what is due until then happens in order."""
    return post("/api/admin/clock", _done, {"time": time})


def checkpoint() -> Call[Checkpoint]:
    """Compare every book of the engine with the ledger's at an exact command."""
    return post("/api/admin/checkpoint", _checkpoint, {})


def _move(market_id: int, move: str, reason: str) -> Call[MarketMoved]:
    # A move that was made is illegal the second time: a repeat would be told of a failure.
    path = f"/api/admin/markets/{market_id}/{move}"
    return post(path, _moved, {"reason": reason}, repeatable=False)


def _payout(payout: Payout | None) -> list[str] | None:
    return None if payout is None else [text_of(part) for part in payout]


def _market_body(market: NewMarket) -> dict[str, object]:
    body: dict[str, object] = msgspec.structs.asdict(market)
    amounts = ("tick_size", "min_price", "min_quantity", "max_quantity")
    return body | {name: text_of(getattr(market, name)) for name in amounts}
