"""Both feeds for asyncio: iterate over what happens with ``async for``."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Generic

from websockets.asyncio.client import ClientConnection, connect

from outcry_sdk.book import LocalBook
from outcry_sdk.credentials import Credentials
from outcry_sdk.feeds.connecting import FAILURES, OPTIONS, Backoff
from outcry_sdk.feeds.follower import EventT, Follower
from outcry_sdk.feeds.private import Account, PrivateEvent, PrivateFollower
from outcry_sdk.feeds.public import PublicEvent, PublicFollower


class _AsyncFeed(Generic[EventT]):
    """One connection after another, until the iteration ends or is cancelled."""

    def __init__(self, url: str, follower: Follower[EventT], backoff: Backoff | None) -> None:
        self._url = url
        self._sought = follower
        self._backoff = backoff or Backoff()
        self._socket: ClientConnection | None = None
        self._closed = False

    async def aclose(self) -> None:
        """End the iteration."""
        self._closed = True
        if self._socket is not None:
            await self._socket.close()

    async def __aiter__(self) -> AsyncIterator[EventT]:
        while not self._closed:
            try:
                async with connect(self._url + self._sought.path, **OPTIONS) as socket:
                    self._socket = socket
                    for message in self._sought.opening():
                        await socket.send(message)
                    while True:
                        for event in await self._heard(socket):
                            yield event
            except FAILURES as error:
                if not self._closed:
                    await asyncio.sleep(self._backoff.pause(error))
            finally:
                self._socket = None

    async def _heard(self, socket: ClientConnection) -> list[EventT]:
        reaction = self._sought.take(await socket.recv())
        self._backoff.good()
        for text in reaction.say:
            await socket.send(text)
        return list(reaction.events)

    async def _say(self, message: str) -> None:
        """Send *message* when there is a connection; a new one begins with all that is wanted."""
        if self._socket is not None:
            try:
                await self._socket.send(message)
            except FAILURES:
                return


class AsyncDepthFeed(_AsyncFeed[PublicEvent]):
    """Books of markets, kept right; see `outcry_sdk.DepthFeed`."""

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

    async def follow(self, event_id: int, market_id: int) -> None:
        """Follow a market from now on."""
        await self._say(self._follower.follow(event_id, market_id))

    async def leave(self, market_id: int) -> None:
        """Follow a market no more."""
        await self._say(self._follower.leave(market_id))


class AsyncUserFeed(_AsyncFeed[PrivateEvent]):
    """One's own account, kept right; see `outcry_sdk.UserFeed`."""

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
