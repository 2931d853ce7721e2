"""A TCP session for asyncio."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from types import TracebackType
from typing import Final, Self

from outcry_sdk.errors import UnreachableError
from outcry_sdk.feeds.connecting import Backoff
from outcry_sdk.tcp.core import RETRIED, Ended, TcpCore
from outcry_sdk.tcp.events import TcpEvent
from outcry_sdk.tcp.logon import TcpLogon


_RECEIVE_BYTES: Final = 1 << 16
_CONNECT_SECONDS_MAX: Final = 10.0
#: Events that nobody has taken yet, at most: then the engine is no longer read.
_EVENTS_MAX: Final = 10_000


class AsyncTcpClient:
    """A session: commands are methods of ``core``, `events` yields what comes of them.

    Commands wait until `flush` sends them, all together. Heartbeats go out by themselves. A lost
    connection is made again, and what the engine did not get is sent again.
    """

    def __init__(
        self, host: str, port: int, logon: TcpLogon, *, backoff: Backoff | None = None
    ) -> None:
        """Enter it to connect: ``async with AsyncTcpClient(...) as client``."""
        self.core = TcpCore(logon)
        self._address = (host, port)
        self._backoff = backoff or Backoff()
        self._events: asyncio.Queue[TcpEvent | BaseException] = asyncio.Queue(_EVENTS_MAX)
        #: Whether nothing is read because events have not been taken.
        self._full = asyncio.Event()
        self._reader: asyncio.StreamReader
        self._writer: asyncio.StreamWriter | None = None
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        """Connect and log on; raises `UnreachableError` or what the engine refuses."""
        await self._connect()
        self._tasks = [asyncio.create_task(self._read()), asyncio.create_task(self._beat())]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Log out and close; orders stay unless the logon says otherwise."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._writer is not None:
            self.core.log_out()
            with suppress(OSError, TimeoutError):
                self._writer.write(self.core.outgoing())
                async with asyncio.timeout(_CONNECT_SECONDS_MAX):
                    while await self._reader.read(_RECEIVE_BYTES):
                        pass
            await self._drop()

    async def flush(self) -> None:
        """Send what waits, and wait while the engine does not read.

        Unless it is waiting for us: with as many events as are kept, they have to be taken first.
        """
        self._push()
        if self._writer is not None:
            with suppress(OSError):  # the reader sees it too, and connects again
                await self._drained(self._writer)

    def _push(self) -> None:
        data = self.core.outgoing()
        if data and self._writer is not None:
            self._writer.write(data)

    async def _drained(self, writer: asyncio.StreamWriter) -> None:
        draining = asyncio.ensure_future(writer.drain())
        if not draining.done():
            full = asyncio.ensure_future(self._full.wait())
            await asyncio.wait((draining, full), return_when=asyncio.FIRST_COMPLETED)
            full.cancel()
        if draining.done():
            await draining
        else:
            draining.cancel()

    async def next(self) -> TcpEvent:
        """Return the next event; raises what ended the session for good."""
        event = await self._events.get()
        if isinstance(event, BaseException):
            raise event
        return event

    async def events(self) -> AsyncIterator[TcpEvent]:
        """Yield what comes, for as long as the session lives."""
        while True:
            yield await self.next()

    async def _read(self) -> None:
        while True:
            try:
                for event in await self._some():
                    await self._put(event)
                self._push()  # without waiting: who reads must not wait for an engine that does not
            except OSError as error:
                if not await self._again(error):
                    return
            except Exception as error:  # noqa: BLE001 - whoever asks next is told
                await self._drop()
                await self._events.put(error)
                return

    async def _put(self, event: TcpEvent) -> None:
        if self._events.full():
            self._full.set()
        await self._events.put(event)
        self._full.clear()

    async def _some(self) -> list[TcpEvent]:
        data = await self._reader.read(_RECEIVE_BYTES)
        if not data:
            raise ConnectionResetError("the engine closed the connection")
        try:
            return self.core.receive(data)
        except Ended as ended:
            if ended.reject in RETRIED:
                raise ConnectionResetError(str(ended)) from ended
            raise

    async def _again(self, error: BaseException) -> bool:
        """Connect until it works, or say that it never does."""
        while True:
            await self._drop()
            try:
                pause = self._backoff.pause(error)
            except UnreachableError as failure:
                await self._events.put(failure)
                return False
            await asyncio.sleep(pause)
            try:
                await self._connect()
            except UnreachableError as failure:
                error = failure
            else:
                return True

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(self.core.heartbeat_seconds / 2)
            self.core.heartbeat()
            await self.flush()

    async def _connect(self) -> None:
        try:
            async with asyncio.timeout(_CONNECT_SECONDS_MAX):
                self._reader, self._writer = await asyncio.open_connection(*self._address)
                while not self.core.is_logged_on:
                    events = await self._some()
                    self._writer.write(self.core.outgoing())
                    for event in events:
                        await self._events.put(event)
        except OSError as error:
            await self._drop()
            raise UnreachableError(f"no engine at {self._address}: {error}") from error
        except BaseException:
            await self._drop()
            raise
        self._backoff.good()

    async def _drop(self) -> None:
        self.core.lost()
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()
