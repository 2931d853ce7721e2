"""What an engine says, as values. Fields are those of docs/reference/tcp.md, in their units."""

from typing import Any, Final, TypeAlias

from msgspec import Struct

from outcry_wire import tcp
from outcry_wire.records import RecordType
from outcry_wire.rejects import Reject
from outcry_wire.sentences import SENTENCES


class Told(Struct, frozen=True, gc=False):
    """What all have: the number of the message (0: not numbered), and the header."""

    number: int
    time_us: int
    instrument: int
    account: int


class OrderPlaced(Told, frozen=True, gc=False):
    """What is left of an order rests."""

    order_id: int
    price: int
    remaining: int
    outcome: int
    side: int


class OrderRefused(Told, frozen=True, gc=False):
    """An order was declined; nothing was changed."""

    order_id: int
    reject: int

    @property
    def sentence(self) -> str:
        """Why, for a person."""
        return SENTENCES[Reject(self.reject)]


class CommandRefused(Told, frozen=True, gc=False):
    """Another command was declined; nothing was changed."""

    order_id: int
    reject: int
    command: int

    @property
    def sentence(self) -> str:
        """Why, for a person."""
        return SENTENCES[Reject(self.reject)]


class OrderCancelled(Told, frozen=True, gc=False):
    """The rest of an order is gone."""

    order_id: int
    price: int
    remaining: int
    budget_left: int
    outcome: int
    side: int
    reason: int


class OrderReduced(Told, frozen=True, gc=False):
    """A resting order is smaller and stands where it stood."""

    order_id: int
    price: int
    by: int
    remaining: int
    outcome: int
    side: int
    reason: int


class OrderReplaced(Told, frozen=True, gc=False):
    """An order has new terms; unless its priority was kept, what became of it follows."""

    order_id: int
    price: int
    remaining: int
    old_price: int
    old_remaining: int
    outcome: int
    side: int
    priority_kept: int


class CancelledAll(Told, frozen=True, gc=False):
    """A cancel-all is complete: how many orders it was."""

    command: int
    count: int


class Fill(Told, frozen=True, gc=False):
    """One's own side of a fill; role 0 taker, 1 maker."""

    trade_id: int
    order_id: int
    price: int
    qty: int
    remaining: int
    budget_left: int
    fill: int
    match: int
    role: int
    outcome: int
    side: int


class Instrument(Told, frozen=True, gc=False):
    """What can be traded; also when it changes."""

    kind: int
    state: int
    tick: int
    price_min: int
    price_max: int
    qty_min: int
    qty_max: int
    orders_max: int
    name: str


class Done(Told, frozen=True, gc=False):
    """The answer to a message of type ``of`` is complete."""

    of: int
    count: int


class MessageRefused(Told, frozen=True, gc=False):
    """A message that is no command was declined."""

    reject: int
    of: int


class CopiedFrom(Told, frozen=True, gc=False):
    """Drop copy: what follows was told to that session of the account."""

    session: int


class TopChanged(Told, frozen=True, gc=False):
    """Best prices of an instrument; lots 0: nobody is there."""

    update_id: int
    bid: int
    bid_lots: int
    ask: int
    ask_lots: int


class LevelChanged(Told, frozen=True, gc=False):
    """One price of an instrument; lots 0: it is gone. A snapshot begins with ``is_snapshot``."""

    update_id: int
    price: int
    lots: int
    orders: int
    side: int
    is_snapshot: int


class PublicTrade(Told, frozen=True, gc=False):
    """A fill, as everybody sees it."""

    trade_id: int
    price: int
    qty: int
    fill: int
    match: int
    taker_side: int


class Accepted(Told, frozen=True, gc=False):
    """An exchange has numbered a command for good; ``exchange_id`` is the order's id there."""

    order_id: int
    exchange_id: int
    n: int
    command: int
    repeated: int


class LoggedOn(Told, frozen=True, gc=False):
    """A connection works: the first one or, after a loss, another one."""

    session: int
    heartbeat_ms: int
    last_seq: int
    last_order_id: int
    next_number: int
    first_number: int
    rate: int
    previous_end: int


class MessagesLost(Struct, frozen=True, gc=False):
    """The engine no longer had what this client missed: ask it for the orders that matter."""

    wanted: int
    first: int


TcpEvent: TypeAlias = Told | MessagesLost

EVENTS: Final[dict[int, type[Told]]] = {
    RecordType.ORDER_PLACED: OrderPlaced,
    RecordType.ORDER_REJECTED: OrderRefused,
    RecordType.COMMAND_REJECTED: CommandRefused,
    RecordType.ORDER_CANCELLED: OrderCancelled,
    RecordType.ORDER_REDUCED: OrderReduced,
    RecordType.ORDER_REPLACED: OrderReplaced,
    RecordType.COMMAND_DONE: CancelledAll,
    tcp.Message.FILL: Fill,
    tcp.Message.INSTRUMENT: Instrument,
    tcp.Message.DONE: Done,
    tcp.Message.MESSAGE_REFUSED: MessageRefused,
    tcp.Message.COPY: CopiedFrom,
    tcp.Message.TOP: TopChanged,
    tcp.Message.LEVEL: LevelChanged,
    tcp.Message.TRADE: PublicTrade,
    tcp.Message.ACCEPTED: Accepted,
    tcp.Message.LOGON_ACCEPTED: LoggedOn,
}


def event_of(record: bytes) -> Told:
    """Return a record as an event; raises `FramingError` if it is none."""
    kind, layout = tcp.layout_of(record)
    event = EVENTS.get(kind)
    if event is None:
        raise tcp.FramingError(f"an engine does not say {kind.name} here")
    fields: tuple[Any, ...] = layout.unpack(record)
    rest = fields[7:]
    if event is Instrument:
        rest = (*rest[:-1], tcp.text_of(rest[-1]))
    return event(fields[4], fields[5], fields[3], fields[6], *rest)
