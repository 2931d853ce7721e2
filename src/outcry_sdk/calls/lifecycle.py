"""Calls of an operator about the life of markets and of whole events."""

from collections.abc import Sequence

from outcry_sdk.admin_models import EventMoved, MarketMoved, MarketPayout
from outcry_sdk.amounts import Amount, text_of
from outcry_sdk.calls.call import Call, post, reader


Payout = tuple[Amount, Amount]

_moved = reader(MarketMoved)
_event_moved = reader(EventMoved)


def pause_market(market_id: int, *, reason: str = "") -> Call[MarketMoved]:
    """Pause a market: nothing trades, orders rest and may be cancelled."""
    return _move(market_id, "pause", reason)


def resume_market(market_id: int, *, reason: str = "") -> Call[MarketMoved]:
    """Resume a paused market."""
    return _move(market_id, "resume", reason)


def close_market(market_id: int, *, reason: str = "") -> Call[MarketMoved]:
    """Close a market for good; answered when all its orders are cancelled."""
    return _move(market_id, "close", reason)


def dispute_market(market_id: int, *, reason: str = "") -> Call[MarketMoved]:
    """Dispute a proposed payout: nothing is paid until an operator decides."""
    return _move(market_id, "dispute", reason)


def propose_market(
    market_id: int, *, payout: Payout | None = None, winner: str | None = None
) -> Call[MarketMoved]:
    """Propose what a closed market pays; it stands when the market's dispute window ends."""
    body = {"payout": _payout(payout), "winner": winner}
    return post(f"/api/admin/markets/{market_id}/propose", _moved, body)


def resolve_market(
    market_id: int, *, payout: Payout | None = None, winner: str | None = None
) -> Call[MarketMoved]:
    """Fix what a closed or disputed market pays, or which outcome (name or token) wins.

    Raises `LifecycleError` for a closed market with a dispute window: propose instead.
    """
    body = {"payout": _payout(payout), "winner": winner}
    return post(f"/api/admin/markets/{market_id}/resolve", _moved, body)


def void_market(
    market_id: int, *, payout: Payout | None = None, refund: bool = False
) -> Call[MarketMoved]:
    """End a closed or disputed market without an outcome.

    By default each token pays half; with *refund* everybody gets back what they paid in.
    """
    body = {"payout": _payout(payout), "refund": refund or None}
    return post(f"/api/admin/markets/{market_id}/void", _moved, body)


def pause_event(event_id: int, *, reason: str = "") -> Call[EventMoved]:
    """Pause every open market of an event."""
    return _move_event(event_id, "pause", reason)


def resume_event(event_id: int, *, reason: str = "") -> Call[EventMoved]:
    """Resume every paused market of an event."""
    return _move_event(event_id, "resume", reason)


def close_event(event_id: int, *, reason: str = "") -> Call[EventMoved]:
    """Close every market of an event that is open or paused, for good."""
    return _move_event(event_id, "close", reason)


def dispute_event(event_id: int, *, reason: str = "") -> Call[EventMoved]:
    """Dispute every proposed payout of an event."""
    return _move_event(event_id, "dispute", reason)


def propose_event(event_id: int, payouts: Sequence[MarketPayout]) -> Call[EventMoved]:
    """Propose what markets of an event pay, all or none."""
    body = {"payouts": [_payout_body(payout) for payout in payouts]}
    return post(f"/api/admin/events/{event_id}/propose", _event_moved, body)


def resolve_event(event_id: int, payouts: Sequence[MarketPayout]) -> Call[EventMoved]:
    """Fix what markets of an event pay, all or none."""
    body = {"payouts": [_payout_body(payout) for payout in payouts]}
    return post(f"/api/admin/events/{event_id}/resolve", _event_moved, body)


def void_event(
    event_id: int, *, payout: Payout | None = None, refund: bool = False
) -> Call[EventMoved]:
    """Void every market of an event that has no payout yet, all or none, like `void_market`."""
    body = {"payout": _payout(payout), "refund": refund or None}
    return post(f"/api/admin/events/{event_id}/void", _event_moved, body)


def _move(market_id: int, move: str, reason: str) -> Call[MarketMoved]:
    # A move that was made is illegal the second time: a repeat would be told of a failure.
    path = f"/api/admin/markets/{market_id}/{move}"
    return post(path, _moved, {"reason": reason}, repeatable=False)


def _move_event(event_id: int, move: str, reason: str) -> Call[EventMoved]:
    path = f"/api/admin/events/{event_id}/{move}"
    return post(path, _event_moved, {"reason": reason}, repeatable=False)


def _payout_body(payout: MarketPayout) -> dict[str, object]:
    body: dict[str, object] = {"market_id": payout.market_id}
    if payout.payout is not None:
        body["payout"] = _payout(payout.payout)
    if payout.winner is not None:
        body["winner"] = payout.winner
    return body


def _payout(payout: Payout | None) -> list[str] | None:
    return None if payout is None else [text_of(part) for part in payout]
