"""From forms to operations on events and markets. Pure.

Whether identifiers are free, tokens unused and ticks allowed is the ledger's to say.
"""

from outcry.domain.market import SettlementMode
from outcry.domain.rejects import Reject, Rejected
from outcry.domain.units import (
    LOTS_PER_SHARE,
    MICROS_PER_SECOND,
    PRICE_DECIMALS,
    QUANTITY_DECIMALS,
    TICKS_PER_UNIT,
    parse_decimal,
)
from outcry.messages.requests import AddMarketOp, CreateEventOp, MarketSpec
from outcry.runtime.amounts import read_payout
from outcry.services.event.forms import EventBody, MarketBody, MarketForm, ResolveBody, VoidBody


#: What a market without an outcome pays by default.
HALF_EACH = (TICKS_PER_UNIT // 2, TICKS_PER_UNIT // 2)
assert LOTS_PER_SHARE == 10**QUANTITY_DECIMALS


def create_event(form: EventBody, actor: int) -> CreateEventOp | Rejected:
    """Return the operation that creates the event."""
    markets = []
    for number, market in enumerate(form.markets):
        spec = market_spec(market, f"markets[{number}].")
        if isinstance(spec, Rejected):
            return spec
        markets.append(spec)
    return CreateEventOp(
        actor=actor,
        identifier=form.event_identifier,
        title=form.title,
        slug=form.slug,
        description=form.description,
        image=form.image,
        topic=form.topic,
        rules=form.rules,
        start_at_us=form.start_date * MICROS_PER_SECOND,
        end_at_us=form.end_date * MICROS_PER_SECOND,
        markets=markets,
    )


def add_market(form: MarketBody, actor: int) -> AddMarketOp | Rejected:
    """Return the operation that adds the market to its event."""
    return add_market_to(form.event_id, form, actor)


def add_market_to(event_id: int, form: MarketForm, actor: int) -> AddMarketOp | Rejected:
    """Return the operation that adds a market to event *event_id*."""
    spec = market_spec(form)
    return spec if isinstance(spec, Rejected) else AddMarketOp(actor, event_id, spec)


def market_spec(form: MarketForm, where: str = "") -> MarketSpec | Rejected:
    """Return a market to be listed; *where* names the form inside a larger one."""
    amounts: dict[str, int] = {}
    for name, text, decimals in (
        ("tick_size", form.tick_size, PRICE_DECIMALS),
        ("min_price", form.min_price, PRICE_DECIMALS),
        ("min_quantity", form.min_quantity, QUANTITY_DECIMALS),
        ("max_quantity", form.max_quantity, QUANTITY_DECIMALS),
    ):
        amount = parse_decimal(text, decimals)
        if not amount or amount >= 2**62:
            expected = f"{where}{name}: a positive decimal with at most {decimals} decimals"
            return Rejected(Reject.FIELD_INVALID, text[:48], expected)
        amounts[name] = amount
    if form.outcome_0_name == form.outcome_1_name:
        return Rejected(
            Reject.FIELD_INVALID, form.outcome_0_name, f"{where}outcomes: two different names"
        )
    return MarketSpec(
        identifier=form.market_identifier,
        question=form.question,
        slug=form.slug,
        title=form.title,
        image=form.image,
        condition_id=form.condition_id,
        parent_collection_id=form.parent_collection_id,
        outcome_0=form.outcome_0_name,
        outcome_1=form.outcome_1_name,
        token_0=form.outcome_0_token_id,
        token_1=form.outcome_1_token_id,
        tick=amounts["tick_size"],
        price_min=amounts["min_price"],
        qty_min=amounts["min_quantity"],
        qty_max=amounts["max_quantity"],
        fee_version=form.fee_version,
        end_at_us=form.end_date * MICROS_PER_SECOND,
        dispute_window_us=form.dispute_window * MICROS_PER_SECOND,
        settlement=SettlementMode[form.settlement.upper()] if form.settlement else None,
    )


def resolution(
    form: ResolveBody, tokens: tuple[str, str], names: tuple[str, str]
) -> tuple[int, int] | Rejected:
    """Return the payout in ticks of a market with these *tokens* and outcome *names*."""
    if bool(form.payout) == bool(form.winner):
        return Rejected(Reject.FIELD_MISSING, expected="either payout or winner")
    if form.payout:
        return read_payout(form.payout)
    known = tokens if form.winner in tokens else names
    if form.winner not in known:
        return Rejected(Reject.OUTCOME_INVALID, form.winner[:80], f"{names[0]} or {names[1]}")
    return (TICKS_PER_UNIT, 0) if known.index(form.winner) == 0 else (0, TICKS_PER_UNIT)


def void_payout(form: VoidBody) -> tuple[int, int] | Rejected:
    """Return what a voided market pays, in ticks; (0, 0) for a refund."""
    if form.refund:
        if form.payout:
            return Rejected(Reject.PAYOUT_INVALID, "both", "either payout or refund")
        return (0, 0)
    return read_payout(form.payout) if form.payout else HALF_EACH
