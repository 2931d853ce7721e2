"""Listing: events and their markets come into being, checked as a whole, then recorded."""

from hashlib import sha256

from msgspec.structs import replace

from outcry.domain.ledger.in_transit import Home
from outcry.domain.ledger.state import Event
from outcry.domain.market import SettlementMode
from outcry.domain.rejects import Reject
from outcry.domain.units import (
    MICROS_PER_SECOND,
    QUANTITY_MAX,
    TICK_SIZES,
    TICKS_PER_UNIT,
    format_price,
    format_quantity,
    format_time,
)
from outcry.messages import ledger_records as rec
from outcry.messages.commands import AddInstrument
from outcry.messages.requests import (
    AddMarketOp,
    CreateEventOp,
    Declined,
    Done,
    FundsResult,
    MarketSpec,
)
from outcry.runtime import ctf
from outcry.services.asset.answers import request_digest
from outcry.services.asset.sequencer import Sequencer
from outcry_wire.records import InstrumentKind, InstrumentState
from outcry_wire.snapshot import RULES_VERSION


MARKETS_PER_REQUEST_MAX = 500
TOKEN_DIGITS_MAX = 78
MARKET_IDS_MAX = 2**32 - 1
#: 90 days: nobody's money should wait longer than that for an answer.
DISPUTE_WINDOW_US_MAX = 90 * 24 * 3600 * MICROS_PER_SECOND


def create_event(sequencer: Sequencer, op: CreateEventOp) -> FundsResult:
    """Create an event with its first markets, all or nothing."""
    ledger = sequencer.ledger
    digest = _digest(op)
    known = ledger.event_ids.get(op.identifier)
    if known:
        event = ledger.events[known]
        if event.request_hash != digest:
            return Declined(Reject.EVENT_IDENTIFIER_REUSED, op.identifier)
        ids = tuple(event.markets[spec.identifier] for spec in op.markets)
        return Done(event.n, known, ids, repeated=True)
    if op.end_at_us and op.end_at_us <= sequencer.time_us:
        return _ended(sequencer, op.end_at_us)
    if len(op.markets) > MARKETS_PER_REQUEST_MAX:
        most = f"at most {MARKETS_PER_REQUEST_MAX} markets"
        return Declined(Reject.BATCH_TOO_LARGE, str(len(op.markets)), most)
    event_id = ledger.next_event_id
    event = Event(event_id, op.identifier, op.end_at_us, digest, sequencer.batch.n)
    listed = _check_markets(sequencer, event, op.markets)
    if isinstance(listed, Declined):
        return listed
    sequencer.record(
        rec.CreateEvent(
            sequencer.time_us,
            op.actor,
            event_id,
            op.identifier,
            op.slug or op.identifier,
            op.title,
            op.description,
            op.image,
            op.topic,
            op.rules,
            op.start_at_us,
            op.end_at_us,
            digest,
        )
    )
    pairs = zip(listed, op.markets, strict=True)
    ids = tuple(_list_market(sequencer, op.actor, event, *pair) for pair in pairs)
    return Done(sequencer.batch.n, event_id, ids)


def add_market(sequencer: Sequencer, op: AddMarketOp) -> FundsResult:
    """List one more market in an event."""
    ledger = sequencer.ledger
    event = ledger.events.get(op.event_id)
    if event is None:
        return Declined(Reject.EVENT_UNKNOWN, str(op.event_id))
    known = event.markets.get(op.market.identifier)
    if known:
        market = ledger.markets[known]
        if market.request_hash != request_digest(op.market):
            return Declined(Reject.MARKET_IDENTIFIER_REUSED, op.market.identifier)
        return Done(market.n, known, (op.event_id,), repeated=True)
    listed = _check_markets(sequencer, event, [op.market])
    if isinstance(listed, Declined):
        return listed
    market_id = _list_market(sequencer, op.actor, event, listed[0], op.market)
    return Done(sequencer.batch.n, market_id, (op.event_id,))


def _digest(op: CreateEventOp) -> bytes:
    """Return what a repeat is recognised by: everything but who asks."""
    anonymous = CreateEventOp(
        0, op.identifier, op.title, op.slug, op.description, op.image, op.topic, op.rules,
        op.start_at_us, op.end_at_us, op.markets,
    )  # fmt: skip
    return request_digest(anonymous)


def _on_chain(home: Home, event: Event, spec: MarketSpec) -> MarketSpec | Declined:
    """Return *spec* with the ids that its condition and tokens have in the contracts."""
    condition = ctf.condition_id(home.oracle, ctf.question_id(event.identifier, spec.identifier))
    yes, no = ctf.tokens_of(home.collateral, condition)
    ids = {"condition_id": f"0x{condition.hex()}", "token_0": yes, "token_1": no}
    for name, value in ids.items():
        given = getattr(spec, name)
        if given not in ("", value):
            return Declined(Reject.FIELD_INVALID, f"{name} {given[:100]}", f"{value}, or none")
    if spec.settlement == SettlementMode.BOOK:
        return Declined(Reject.ON_CHAIN_ONLY, "settlement: book", "chain, or none")
    return replace(spec, **ids, settlement=SettlementMode.CHAIN)


def _token(event: Event, spec: MarketSpec, outcome: int) -> str:
    """Return the token id given, or one that follows from the identifiers."""
    given = (spec.token_0, spec.token_1)[outcome]
    if given:
        return given
    seed = f"{event.identifier}\n{spec.identifier}\n{outcome}".encode()
    return str(int.from_bytes(sha256(seed).digest()))


def _check_markets(
    sequencer: Sequencer, event: Event, specs: list[MarketSpec]
) -> list[MarketSpec] | Declined:
    """Return *specs* as they are listed in *event*, unless one of them may not be."""
    ledger = sequencer.ledger
    if ledger.chain.home:
        named = [_on_chain(ledger.chain.home, event, spec) for spec in specs]
        refused = next((one for one in named if isinstance(one, Declined)), None)
        if refused:
            return refused
        specs = [one for one in named if isinstance(one, MarketSpec)]
    identifiers = set(event.markets)
    tokens: set[str] = set()
    for spec in specs:
        refused = _check_spec(sequencer, event, spec)
        if refused:
            return refused
        if spec.condition_id in ledger.chain.strange:
            wanted = "another identifier: somebody registered this condition with the contract"
            return Declined(Reject.FIELD_INVALID, f"identifier {spec.identifier[:100]}", wanted)
        if spec.identifier in identifiers:
            return Declined(Reject.MARKET_IDENTIFIER_REUSED, spec.identifier)
        identifiers.add(spec.identifier)
        for outcome in (0, 1):
            token = _token(event, spec, outcome)
            if not token.isdecimal() or not token.isascii() or len(token) > TOKEN_DIGITS_MAX:
                most = f"at most {TOKEN_DIGITS_MAX} decimal digits"
                return Declined(Reject.FIELD_INVALID, f"token id {token[:100]!r}", most)
            if token in tokens or token in ledger.tokens:
                return Declined(Reject.TOKEN_REUSED, token)
            tokens.add(token)
    return specs


def _check_spec(sequencer: Sequencer, event: Event, spec: MarketSpec) -> Declined | None:
    """Decline terms that no market can have."""
    for name in ("identifier", "question", "outcome_0", "outcome_1"):
        if not getattr(spec, name):
            return Declined(Reject.FIELD_INVALID, f"no {name}", f"{name}: at least one character")
    if spec.outcome_0 == spec.outcome_1:
        wanted = "two different names of outcomes"
        return Declined(Reject.FIELD_INVALID, f"{spec.outcome_0[:100]!r} twice", wanted)
    if spec.tick not in TICK_SIZES:
        sizes = ", ".join(map(format_price, TICK_SIZES))
        return Declined(Reject.TICK_INVALID, format_price(spec.tick), f"one of {sizes}")
    if not 0 < spec.price_min < TICKS_PER_UNIT // 2:
        least, most = format_price(1), format_price(TICKS_PER_UNIT // 2 - 1)
        return Declined(Reject.BOUNDS_INVALID, format_price(spec.price_min), f"{least} to {most}")
    if not 0 < spec.qty_min <= spec.qty_max <= QUANTITY_MAX:
        got = f"{format_quantity(spec.qty_min)} to {format_quantity(spec.qty_max)}"
        wanted = f"{format_quantity(1)} to {format_quantity(QUANTITY_MAX)}, the smaller one first"
        return Declined(Reject.QUANTITY_BOUNDS_INVALID, got, wanted)
    if spec.fee_version not in sequencer.ledger.fees:
        return Declined(Reject.FEE_VERSION_UNKNOWN, str(spec.fee_version))
    if not 0 <= spec.dispute_window_us <= DISPUTE_WINDOW_US_MAX:
        got = f"a dispute window of {spec.dispute_window_us // MICROS_PER_SECOND} s"
        most = f"0 to {DISPUTE_WINDOW_US_MAX // MICROS_PER_SECOND} s"
        return Declined(Reject.FIELD_INVALID, got, most)
    if spec.settlement not in (None, *SettlementMode):
        return Declined(Reject.FIELD_INVALID, str(spec.settlement), "settlement: book or chain")
    end_at_us = spec.end_at_us or event.end_at_us
    if end_at_us and end_at_us <= sequencer.time_us:
        return _ended(sequencer, end_at_us)
    if sequencer.ledger.next_market_id > MARKET_IDS_MAX:
        return Declined(Reject.MARKETS_LIMIT, expected=f"at most {MARKET_IDS_MAX} markets, ever")
    return None


def _ended(sequencer: Sequencer, end_at_us: int) -> Declined:
    late = f"after {format_time(sequencer.time_us)}"
    return Declined(Reject.END_IN_PAST, format_time(end_at_us), late)


def _list_market(
    sequencer: Sequencer, actor: int, event: Event, spec: MarketSpec, asked: MarketSpec
) -> int:
    """Record the market *spec* that was *asked* for and open its book; returns its id."""
    record = _market_record(sequencer, actor, event, spec, request_digest(asked))
    sequencer.record(record)
    sequencer.number(record.shard, _book_command(sequencer, record))
    sequencer.due.watch_market(sequencer.ledger.markets[record.market_id])
    return record.market_id


def _market_record(
    sequencer: Sequencer, actor: int, event: Event, spec: MarketSpec, digest: bytes
) -> rec.AddMarket:
    market_id = sequencer.ledger.next_market_id
    return rec.AddMarket(
        sequencer.time_us,
        actor,
        market_id,
        event.event_id,
        (market_id - 1) % sequencer.config.shards_count,
        spec.identifier,
        spec.slug or spec.identifier,
        spec.title or spec.question,
        spec.question,
        spec.image,
        spec.condition_id,
        spec.parent_collection_id,
        spec.outcome_0,
        spec.outcome_1,
        _token(event, spec, 0),
        _token(event, spec, 1),
        spec.tick,
        spec.price_min,
        TICKS_PER_UNIT - spec.price_min,
        spec.qty_min,
        spec.qty_max,
        sequencer.config.book_orders_max,
        spec.fee_version,
        spec.end_at_us or event.end_at_us,
        digest,
        spec.dispute_window_us,
        sequencer.config.settlement if spec.settlement is None else spec.settlement,
        draft=sequencer.ledger.chain.home is not None,
    )


def _book_command(sequencer: Sequencer, market: rec.AddMarket) -> AddInstrument:
    return AddInstrument(
        market.market_id,
        sequencer.next_seq(market.shard),
        sequencer.time_us,
        0,
        InstrumentKind.MARKET,
        InstrumentState.HALTED if market.draft else InstrumentState.OPEN,
        market.tick,
        market.price_min,
        market.price_max,
        market.qty_min,
        market.qty_max,
        market.orders_max,
        RULES_VERSION,
    )
