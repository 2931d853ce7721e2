"""A session without sockets: what to send, what came, and what must be sent again.

Commands are kept until they are answered. After a loss an engine says which it took, and the others
are sent again with the numbers they had; an exchange is sent all of them, and answers those that it
took as taken. So nothing is entered twice.
"""

from collections import deque
from typing import Any, Final

from outcry_sdk.errors import ProtocolError, Refusal, SdkError, rejected
from outcry_sdk.tcp.events import LoggedOn, MessagesLost, TcpEvent, event_of
from outcry_sdk.tcp.logon import TcpLogon
from outcry_wire import tcp
from outcry_wire.records import (
    CANCEL_ALL,
    CANCEL_ORDER,
    LAST_OF_SEQ,
    PLACE_ORDER,
    REDUCE_ORDER,
    REPLACE_ORDER,
    OrderKind,
    RecordType,
    SelfTrade,
    Side,
    TimeInForce,
)
from outcry_wire.rejects import Reject


#: Commands without an answer, at most.
UNANSWERED_MAX: Final = 100_000
_ANSWERS: Final = frozenset({*tcp.ANSWERS, tcp.Message.FILL, tcp.Message.ACCEPTED})
_ENDS: Final = frozenset({tcp.Message.LOGON_REFUSED, tcp.Message.GOODBYE})
#: Ends after which another connection is tried; the others are meant.
RETRIED: Final = frozenset(
    {
        Reject.SHUTTING_DOWN,
        Reject.READER_SLOW,
        Reject.HEARTBEAT_MISSED,
        Reject.UNAVAILABLE,
    }
)


class TooManyUnanswered(SdkError):
    """The engine owes too many answers; wait for some first."""


class Ended(SdkError):
    """The engine closed the connection and said why."""

    def __init__(self, reject: int, text: str) -> None:
        super().__init__(text)
        self.reject = reject


class TcpCore:
    """One session over as many connections as it takes."""

    def __init__(self, logon: TcpLogon) -> None:
        self.logon = logon
        self.is_logged_on = False
        self.heartbeat_seconds = 10.0
        self._seq = self._order_id = 0
        self._next_number = 0
        self._answers_from = 0
        #: The number of which a part came, how many messages, and how many of them come again.
        self._part = self._part_heard = self._part_again = 0
        self._tail = b""
        self._unsent: list[bytes] = []
        self._unanswered: deque[tuple[int, bytes]] = deque()
        self._wanted: dict[tuple[int, int], bytes] = {}

    @property
    def unanswered(self) -> int:
        """Commands whose answers are not complete."""
        return len(self._unanswered)

    # --- the connection ----------------------------------------------------------------------

    def lost(self) -> None:
        """Take note that the connection is gone; another one may begin."""
        self.is_logged_on = False
        self._tail = b""
        self._unsent.clear()
        self._part_again = self._part_heard if self._part else 0

    def outgoing(self) -> bytes:
        """Return, once, what is to be sent: commands together in as few frames as they fit."""
        if not self._unsent:
            return b""
        frames: list[bytes] = []
        batch: list[bytes] = []
        size = 0
        for record in self._unsent:
            alone = record[0] >= tcp.FIRST_MESSAGE
            if batch and (alone or size + len(record) > tcp.FRAME_MAX):
                frames.append(tcp.frame(b"".join(batch)))
                batch, size = [], 0
            if alone:
                frames.append(tcp.frame(record))
            else:
                batch.append(record)
                size += len(record)
        if batch:
            frames.append(tcp.frame(b"".join(batch)))
        self._unsent.clear()
        return b"".join(frames)

    def receive(self, data: bytes) -> list[TcpEvent]:
        """Return what the bytes say; raises `Ended`, `ProtocolError`, or a refusal of the logon."""
        data = self._tail + data
        events: list[TcpEvent] = []
        at = 0
        try:
            while len(data) - at >= tcp.FRAME_HEAD.size:
                (length,) = tcp.FRAME_HEAD.unpack_from(data, at)
                tcp.check_length(length)
                end = at + tcp.FRAME_HEAD.size + length
                if end > len(data):
                    break
                for record in tcp.records_in(data[at + tcp.FRAME_HEAD.size : end]):
                    events += self._hear(record)
                at = end
        except tcp.FramingError as error:
            raise ProtocolError(f"the engine sent {error}") from error
        self._tail = data[at:]
        return events

    def _hear(self, record: bytes) -> list[TcpEvent]:
        kind = record[0]
        if kind == tcp.Message.HELLO:
            nonce = tcp.HELLO.unpack(record)[10]
            self._unsent.insert(0, self.logon.record(nonce, self._next_number))
            return []
        if kind in _ENDS:
            reject, text = tcp.GOODBYE.unpack(record)[7:]
            if kind == tcp.Message.LOGON_REFUSED and reject not in RETRIED:
                refusal = Refusal(reject, Reject(reject).name)
                raise rejected(tcp.text_of(text), refusal)
            raise Ended(reject, tcp.text_of(text))
        if kind == tcp.Message.HEARTBEAT:
            told = tcp.HEARTBEAT.unpack(record)[4]
            self._next_number = max(self._next_number, told + 1 if told else 0)
            return []
        event = event_of(record)
        if isinstance(event, LoggedOn):
            return self._logged_on(event, all_again=bool(record[1] & tcp.SEND_ALL_AGAIN))
        if kind in _ANSWERS and not self.logon.drop_copy:
            if self._is_told(event.number, more=bool(record[1] & tcp.MORE_FOLLOWS)):
                return []
            late = 0 < event.number < self._answers_from
            if record[1] & LAST_OF_SEQ and self._unanswered and not late:
                self._unanswered.popleft()
        return [event]

    def _is_told(self, number: int, *, more: bool) -> bool:
        """Count a message; return whether it came before, over a connection that broke.

        What has one number may come in several frames: it is asked for again until the last came.
        """
        if number == self._part and self._part_again:
            self._part_again -= 1
            return True
        if not more:
            self._part = 0
            self._next_number = max(self._next_number, number + 1)
            return False
        if number != self._part:
            self._part, self._part_heard = number, 0
        self._part_heard += 1
        self._next_number = max(self._next_number, number)
        return False

    def _logged_on(self, event: LoggedOn, *, all_again: bool) -> list[TcpEvent]:
        self.is_logged_on = True
        self.heartbeat_seconds = event.heartbeat_ms / 1_000
        events: list[TcpEvent] = [event]
        if self._next_number == 0:
            self._seq, self._order_id = event.last_seq, event.last_order_id
            self._next_number = event.next_number
        elif event.first_number > self._next_number:
            events.append(MessagesLost(self._next_number, event.first_number))
            self._next_number = self._answers_from = event.next_number
            self._part = self._part_again = 0
            while not all_again and self._unanswered and self._unanswered[0][0] <= event.last_seq:
                self._unanswered.popleft()
        known = 0 if all_again else event.last_seq
        self._unsent += [record for seq, record in self._unanswered if seq > known]
        self._unsent += self._wanted.values()
        return events

    # --- commands ----------------------------------------------------------------------------

    def place(  # noqa: PLR0913 - an order has as many terms
        self,
        instrument: int,
        side: Side,
        price: int,
        qty: int,
        *,
        outcome: int = 0,
        kind: OrderKind = OrderKind.LIMIT,
        tif: TimeInForce = TimeInForce.GTC,
        post_only: bool = False,
        self_trade: SelfTrade = SelfTrade.CANCEL_TAKER,
        budget: int = 0,
        expire_at_us: int = 0,
    ) -> int:
        """Place an order; return the id by which it is known from now on."""
        self._check()
        self._order_id += 1
        terms = (outcome, side, kind, tif, post_only, self_trade, price, qty, budget, expire_at_us)
        head = (RecordType.PLACE_ORDER, 0, PLACE_ORDER.size, instrument, self._count(), 0, 0)
        self._say(PLACE_ORDER.pack(*head, self._order_id, 0, *terms))
        return self._order_id

    def cancel(self, order_id: int) -> None:
        """Cancel an order."""
        self._command(RecordType.CANCEL_ORDER, CANCEL_ORDER, 0, order_id)

    def cancel_all(self, instrument: int = 0) -> None:
        """Cancel all orders of the account, in one instrument or everywhere."""
        self._command(RecordType.CANCEL_ALL, CANCEL_ALL, instrument)

    def reduce(self, order_id: int, by: int) -> None:
        """Make an order smaller; it keeps its place."""
        self._command(RecordType.REDUCE_ORDER, REDUCE_ORDER, 0, order_id, by)

    def replace(self, order_id: int, price: int, total: int, *, post_only: bool = False) -> None:
        """Give an order a new price and a new total quantity, what is filled included."""
        self._command(RecordType.REPLACE_ORDER, REPLACE_ORDER, 0, order_id, price, total, post_only)

    def _command(self, kind: RecordType, layout: Any, instrument: int, *fields: int) -> None:  # noqa: ANN401 - a Struct
        self._check()
        self._say(layout.pack(kind, 0, layout.size, instrument, self._count(), 0, 0, *fields))

    def _check(self) -> None:
        if self._next_number == 0:
            raise SdkError("log on first: commands go on from what the session sent before")
        if len(self._unanswered) >= UNANSWERED_MAX:
            raise TooManyUnanswered(f"{UNANSWERED_MAX} commands have no answer yet")

    def _count(self) -> int:
        self._seq += 1
        return self._seq

    def _say(self, record: bytes) -> None:
        self._unanswered.append((self._seq, record))
        if self.is_logged_on:
            self._unsent.append(record)

    # --- other messages ------------------------------------------------------------------------

    def instruments(self) -> None:
        """Ask for all instruments; `Done` ends them."""
        self._message(tcp.Message.INSTRUMENTS)

    def subscribe(self, instrument: int, feeds: tcp.Feed) -> None:
        """Follow an instrument, also over later connections."""
        self._wanted[instrument, feeds] = self._message(
            tcp.Message.SUBSCRIBE, feeds, instrument=instrument
        )

    def unsubscribe(self, instrument: int, feeds: tcp.Feed) -> None:
        """Follow it no more."""
        self._wanted.pop((instrument, feeds), None)
        self._message(tcp.Message.UNSUBSCRIBE, feeds, instrument=instrument)

    def heartbeat(self) -> None:
        """Say that we are here."""
        self._message(tcp.Message.HEARTBEAT)

    def log_out(self) -> None:
        """Say goodbye; the engine answers and closes."""
        self._message(tcp.Message.LOGOUT)

    def _message(self, kind: tcp.Message, *fields: int, instrument: int = 0) -> bytes:
        layout = tcp.MESSAGES[kind]
        record = layout.pack(kind, 0, layout.size, instrument, 0, 0, 0, *fields)
        if self.is_logged_on:
            self._unsent.append(record)
        return record
