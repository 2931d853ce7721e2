"""Entries of the log and of streams as lines of text: number, time, what, and its fields by name.

Numbers stay in their own units (ticks, lots, micros); what is zero or empty is left out, except
where zero says something.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from enum import IntEnum
from typing import Final, TypeVar

from msgspec import Struct
from msgspec.structs import asdict

from outcry.domain.fees import FeeKind
from outcry.domain.market import MarketMove, MarketState, SettlementMode
from outcry.domain.mode import Mode
from outcry.domain.order import OrderStatus
from outcry.messages import streams
from outcry.messages.book_updates import unpack_depth
from outcry.messages.commands import Tick, unpack_commands
from outcry.messages.entry import Commands, Facts, unpack_entry
from outcry.messages.facts import Ticked, unpack_facts
from outcry.messages.settlements import unpack_news, unpack_requests
from outcry.messages.user_events import unpack_batches
from outcry.ports.bus import StreamEntry
from outcry.ports.ledger_log import Row
from outcry_wire import records
from outcry_wire.rejects import Reject


Thing = TypeVar("Thing", bound=Struct)

MICROS: Final = 1_000_000
HEX_DIGITS_MAX: Final = 16

#: Fields whose numbers are names, wherever they are …
ENUMS: Final[dict[str, type[IntEnum]]] = {
    "command": records.RecordType,
    "maker_side": records.Side,
    "match": records.MatchKind,
    "mode": Mode,
    "move": MarketMove,
    "reject": Reject,
    "self_trade": records.SelfTrade,
    "side": records.Side,
    "state": records.InstrumentState,
    "status": OrderStatus,
    "taker_side": records.Side,
    "tif": records.TimeInForce,
}
#: … and where that depends on what they are part of.
ENUMS_OF: Final[dict[tuple[str, str], type[IntEnum]]] = {
    ("AddInstrument", "kind"): records.InstrumentKind,
    ("FeeScheduleSet", "kind"): FeeKind,
    ("InstrumentChanged", "kind"): records.InstrumentKind,
    ("MarketNews", "settlement"): SettlementMode,
    ("MarketNews", "state"): MarketState,
    ("OrderCancelled", "reason"): records.CancelReason,
    ("OrderReduced", "reason"): records.ReduceReason,
    ("OrderState", "kind"): records.OrderKind,
    ("PlaceOrder", "kind"): records.OrderKind,
}
#: Zero is an answer for these.
KEPT: Final = frozenset({"fill", "outcome", "remaining", "side", "taker_remaining", "total", "qty"})
#: Time passing: commands and facts that say nothing else.
TICKS: Final = (Tick, Ticked)
#: Said at the beginning of the line, or of no interest to a reader.
LEFT_OUT: Final = frozenset({"at_us", "events", "flags", "request_hash", "seq", "time_us"})


def log_lines(row: Row, *, ticks: bool) -> Iterator[str]:
    """Yield what log entry *row* made true, and whom it told; *ticks* only when asked for."""
    if not row.body:
        yield f"{row.n:>8}  {_time(row.at_us)}  -- a writer began, epoch {row.epoch}"
        return
    entry = unpack_entry(row.body)
    at = f"{row.n:>8}  {_time(entry.at_us)}"
    for item in entry.items:
        if isinstance(item, Commands):
            for command in _of(unpack_commands(item.body), ticks=ticks):
                yield f"{at}  {item.shard}/{command.seq} {_described(command)}"
        elif isinstance(item, Facts):
            for fact in _of(unpack_facts(item.body), ticks=ticks):
                yield f"{at}  {item.shard}/{fact.seq} = {_described(fact)}"
        else:
            yield f"{at}  {_described(item.record)}"
    if entry.events:
        count = sum(len(batch.events) for batch in entry.events)
        users = ", ".join(str(batch.user_id) for batch in entry.events)
        yield f"{at}  -> {count} events for users {users}"


def stream_lines(stream: str, entry: StreamEntry, *, ticks: bool) -> Iterator[str]:
    """Yield what *entry* of *stream* says; *ticks* only when asked for."""
    kind = stream.partition(":")[0]
    if kind == "commands":
        for command in _of(unpack_commands(entry.body), ticks=ticks):
            yield f"{command.seq:>8}  {_time(command.time_us)}  {_described(command)}"
    elif kind == "facts":
        for fact in _of(unpack_facts(entry.body), ticks=ticks):
            yield f"{fact.seq:>8}  {_time(fact.time_us)}  {_described(fact)}"
    elif kind == "depth":
        for update in unpack_depth(entry.body).updates:
            yield f"{entry.last:>8}  {_time(update.at_us)}  {_described(update)}"
    elif stream == streams.USER_EVENTS:
        for batch in unpack_batches(entry.body):
            for event in batch.events:
                yield f"{entry.last:>8}  user {batch.user_id}  {_described(event)}"
    elif stream == streams.SETTLEMENT_REQUESTS:
        for request in unpack_requests(entry.body):
            yield f"{entry.last:>8}  {_described(request)}"
    elif stream == streams.MARKET_EVENTS:
        for news in unpack_news(entry.body):
            yield f"{entry.last:>8}  {_time(news.at_us)}  {_described(news)}"


def _of(things: Iterable[Thing], *, ticks: bool) -> Iterator[Thing]:
    return (thing for thing in things if ticks or not isinstance(thing, TICKS))


def _described(thing: Struct) -> str:
    name = type(thing).__name__
    told = (
        f"{field}={_value(name, field, value)}"
        for field, value in asdict(thing).items()
        if _tells(name, field, value)
    )
    return " ".join((name, *told))


def _tells(owner: str, field: str, value: object) -> bool:
    if field in LEFT_OUT:
        return False
    return bool(value) or field in KEPT or field in ENUMS or (owner, field) in ENUMS_OF


def _value(owner: str, field: str, value: object) -> str:
    enum = ENUMS_OF.get((owner, field)) or ENUMS.get(field)
    if enum is not None and isinstance(value, int):
        try:
            return enum(value).name.lower()
        except ValueError:
            return str(value)
    if field.endswith("_at_us") and isinstance(value, int):
        return _time(value)
    if isinstance(value, bytes):
        return value.hex()[:HEX_DIGITS_MAX]
    if isinstance(value, str):
        return value if value.isidentifier() else repr(value)
    if isinstance(value, Sequence):
        return f"[{', '.join(_item(item) for item in value)}]"
    return str(value)


def _item(item: object) -> str:
    return _described(item) if isinstance(item, Struct) else str(item)


def _time(at_us: int) -> str:
    moment = datetime.fromtimestamp(at_us // MICROS, UTC)
    return f"{moment:%Y-%m-%d %H:%M:%S}.{at_us % MICROS:06}"
