"""SUBSCRIBE and UNSUBSCRIBE: what a reader may ask of the public feed, and what it is answered."""

from collections.abc import Callable
from typing import Final, Generic, Protocol, TypeVar

from outcry.services.gateway.feed import PublicFeed, Reader
from outcry.services.gateway.line import now_us
from outcry_wire.rejects import Reject
from outcry_wire.tcp import DONE, SUBSCRIBE, Feed, Message, frame


_FEEDS: Final = Feed.TOP | Feed.LEVELS | Feed.TRADES


class Subscriber(Reader, Protocol):
    """A connection that may ask for more or less."""

    instruments: set[int]

    def refuse(self, reason: Reject, kind: int) -> None:
        """Say that a message is not carried out."""


SubscriberT = TypeVar("SubscriberT", bound=Subscriber)


class Subscribing(Generic[SubscriberT]):
    """Carries out both messages, which are as long as their layouts say."""

    def __init__(
        self,
        feed: PublicFeed[SubscriberT],
        knows: Callable[[int], bool],
        most: int,
        send: Callable[[SubscriberT, bytes], None],
    ) -> None:
        """Let each connection follow *most* of the instruments that *knows* names."""
        self._feed, self._knows, self._most, self._send = feed, knows, most, send

    def subscribe(self, connection: SubscriberT, record: bytes) -> None:
        """Send the present of an instrument, and from now on what changes."""
        instrument, feeds = _asked(record)
        if not self._knows(instrument):
            connection.refuse(Reject.INSTRUMENT_UNKNOWN, Message.SUBSCRIBE)
        elif not feeds or feeds & ~int(_FEEDS):
            connection.refuse(Reject.FIELD_INVALID, Message.SUBSCRIBE)
        elif len(connection.instruments | {instrument}) > self._most:
            connection.refuse(Reject.SUBSCRIPTIONS_LIMIT, Message.SUBSCRIBE)
        else:
            connection.instruments.add(instrument)
            self._feed.subscribe(connection, instrument, Feed(feeds), now_us())
            self._done(connection, Message.SUBSCRIBE)

    def unsubscribe(self, connection: SubscriberT, record: bytes) -> None:
        """Send less of an instrument."""
        instrument, feeds = _asked(record)
        if instrument not in connection.instruments:
            connection.refuse(Reject.NOT_SUBSCRIBED, Message.UNSUBSCRIBE)
            return
        if not self._feed.unsubscribe(connection, instrument, Feed(feeds & int(_FEEDS))):
            connection.instruments.discard(instrument)
        self._done(connection, Message.UNSUBSCRIBE)

    def _done(self, connection: SubscriberT, kind: Message) -> None:
        head = (Message.DONE, 0, DONE.size, 0, 0, now_us(), 0)
        self._send(connection, frame(DONE.pack(*head, kind, 1)))


def _asked(record: bytes) -> tuple[int, int]:
    fields = SUBSCRIBE.unpack(record)
    return fields[3], fields[7]
