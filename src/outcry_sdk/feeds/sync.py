"""Both feeds for programs that block: iterate over what happens."""

import threading
from collections.abc import Iterator, Mapping
from typing import Final, Generic

from websockets.sync.client import ClientConnection, connect

from outcry_sdk.book import LocalBook
from outcry_sdk.credentials import Credentials
from outcry_sdk.feeds.connecting import FAILURES, OPTIONS, Backoff
from outcry_sdk.feeds.follower import EventT, Follower
from outcry_sdk.feeds.private import Account, PrivateEvent, PrivateFollower
from outcry_sdk.feeds.public import PublicEvent, PublicFollower


#: How often an iterator that waits looks whether it was closed.
_LOOK_SECONDS: Final = 0.5


class _Feed(Generic[EventT]):
    """One connection after another, until closed."""

    def __init__(self, url: str, follower: Follower[EventT], backoff: Backoff | None) -> None:
        self._url = url
        self._sought = follower
        self._backoff = backoff or Backoff()
        self._socket: ClientConnection | None = None
        self._closed = threading.Event()

    def close(self) -> None:
        """End the iteration, from any thread."""
        self._closed.set()
        if self._socket is not None:
            self._socket.close()

    def __iter__(self) -> Iterator[EventT]:
        while not self._closed.is_set():
            try:
                with connect(self._url + self._sought.path, **OPTIONS) as socket:
                    self._socket = socket
                    for message in self._sought.opening():
                        socket.send(message)
                    yield from self._heard(socket)
            except FAILURES as error:
                if not self._closed.is_set():
                    self._closed.wait(self._backoff.pause(error))
            finally:
                self._socket = None

    def _heard(self, socket: ClientConnection) -> Iterator[EventT]:
        while not self._closed.is_set():
            try:
                message = socket.recv(timeout=_LOOK_SECONDS)
            except TimeoutError:
                continue
            reaction = self._sought.take(message)
            self._backoff.good()
            for text in reaction.say:
                socket.send(text)
            yield from reaction.events

    def _say(self, message: str) -> None:
        """Send *message* when there is a connection; a new one begins with all that is wanted."""
        if self._socket is not None:
            try:
                self._socket.send(message)
            except FAILURES:
                return


class DepthFeed(_Feed[PublicEvent]):
    """Books of markets, kept right: iterate over their changes.

    ``books`` may be read between two steps of the iteration. Raises `UnreachableError` when
    connecting failed too often.
    """

    def __init__(self, url: str, *, backoff: Backoff | None = None) -> None:
        """Follow the exchange whose feeds are at *url* (``ws://127.0.0.1:8001``)."""
        self._follower = PublicFollower()
        super().__init__(url, self._follower, backoff)

    @property
    def books(self) -> Mapping[int, LocalBook]:
        """Return the book of each market that is followed."""
        return self._follower.books

    @property
    def gaps(self) -> int:
        """Return how many gaps were found and repaired."""
        return self._follower.gaps

    def follow(self, event_id: int, market_id: int) -> None:
        """Follow a market from now on."""
        self._say(self._follower.follow(event_id, market_id))

    def leave(self, market_id: int) -> None:
        """Follow a market no more."""
        self._say(self._follower.leave(market_id))


class UserFeed(_Feed[PrivateEvent]):
    """One's own account, kept right: iterate over what happens to it.

    Raises `IdentityError` when the credentials are not good, `UnreachableError` when connecting
    failed too often.
    """

    def __init__(
        self, url: str, credentials: Credentials, *, backoff: Backoff | None = None
    ) -> None:
        """Follow the exchange whose feeds are at *url* as the user of *credentials*."""
        self._follower = PrivateFollower(credentials.login)
        super().__init__(url, self._follower, backoff)

    @property
    def account(self) -> Account:
        """Return orders, positions and money as of the last event."""
        return self._follower.account
