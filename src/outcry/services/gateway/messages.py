"""What a session may ask besides trading: instruments, the public feed, messages once more."""

from collections.abc import Callable
from typing import Protocol

from outcry.services.gateway.config import Limits
from outcry.services.gateway.feed import PublicFeed
from outcry.services.gateway.line import now_us
from outcry.services.gateway.outbox import frames_since
from outcry.services.gateway.room import Instrument, Room
from outcry.services.gateway.subscribing import Subscribing
from outcry.services.gateway.tcp import Connection
from outcry_wire.rejects import Reject
from outcry_wire.tcp import (
    DONE,
    INSTRUMENT,
    NAME_SIZE,
    RESEND,
    Message,
    fixed_text,
    frame,
)


class Engine(Protocol):
    """What the messages are about."""

    limits: Limits
    room: Room
    feed: PublicFeed[Connection]
    names: dict[int, str]

    def send(self, connection: Connection, data: bytes) -> None:
        """Send frames after everything that was carried out until now is safe."""


def instrument_record(instrument: Instrument, name: str, time_us: int) -> bytes:
    """Return an instrument as everybody is told of it."""
    head = (Message.INSTRUMENT, 0, INSTRUMENT.size, instrument.number, 0, time_us, 0)
    return INSTRUMENT.pack(*head, *instrument[1:], fixed_text(name, NAME_SIZE))


class Messages:
    """Carries out the messages of sessions."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        asking = Subscribing(
            engine.feed,
            lambda instrument: instrument in engine.room.instruments,
            engine.limits.subscriptions_max,
            engine.send,
        )
        self._ways: dict[Message, Callable[[Connection, bytes], None]] = {
            Message.HEARTBEAT: lambda _connection, _record: None,
            Message.LOGOUT: lambda connection, _record: connection.end(Reject.LOGGED_OUT),
            Message.RESEND: self._resend,
            Message.INSTRUMENTS: self._instruments,
            Message.SUBSCRIBE: asking.subscribe,
            Message.UNSUBSCRIBE: asking.unsubscribe,
        }

    def hear(self, connection: Connection, kind: Message, record: bytes) -> None:
        """Carry out a message, or refuse it."""
        way = self._ways.get(kind)
        if way is None:
            connection.refuse(Reject.RECORD_INVALID, kind)
        else:
            way(connection, record)

    def _done(self, connection: Connection, kind: Message, count: int) -> None:
        head = (Message.DONE, 0, DONE.size, 0, 0, now_us(), 0)
        self._engine.send(connection, frame(DONE.pack(*head, kind, count)))

    def _resend(self, connection: Connection, record: bytes) -> None:
        place, desk = connection.place, self._engine.room.desk
        number = RESEND.unpack(record)[7]
        if not place or number <= 0 or number < desk.oldest(place):
            connection.refuse(Reject.RESEND_GONE, Message.RESEND)
            return
        count = 0
        for data in frames_since(desk.kept(place), number):
            self._engine.send(connection, data)
            count += 1
        self._done(connection, Message.RESEND, count)

    def _instruments(self, connection: Connection, _record: bytes) -> None:
        instruments = self._engine.room.instruments.values()
        names = self._engine.names
        time_us = now_us()
        records = (
            instrument_record(instrument, names.get(instrument.number, ""), time_us)
            for instrument in instruments
        )
        self._engine.send(connection, b"".join(map(frame, records)))
        self._done(connection, Message.INSTRUMENTS, len(instruments))
