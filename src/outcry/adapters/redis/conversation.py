"""A conversation: commands and their replies on one connection, in one order.

Any number of exchanges may be under way; what was asked first is answered first. Whoever gave up
waiting leaves its place in that order, so nobody ever gets the reply of another.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Any, Final

import hiredis

from outcry.ports.bus import BusUnavailable


_MORE: Final = object()
_pack: Final[Any] = hiredis.pack_command  # its stub knows commands of one word only


class Conversation(asyncio.Protocol):
    """Speaks on a connection that the library opened and greeted."""

    def __init__(self, connection: Any) -> None:  # noqa: ANN401 - the library's untyped connection
        """Take over *connection*, on which nothing is under way."""
        self._connection = connection
        self._transport: Any = connection._writer.transport  # noqa: SLF001 - no other way to its bytes
        self._reader = hiredis.Reader(notEnoughData=_MORE)
        self._asked: deque[tuple[asyncio.Future[list[Any]], int]] = deque()
        self._replies: list[Any] = []
        self._outgoing: list[bytes] = []
        self._failure: BusUnavailable | None = None
        self._transport.set_protocol(self)

    @property
    def alive(self) -> bool:
        """Whether the connection can still be used."""
        return self._failure is None and not self._transport.is_closing()

    async def exchange(
        self, commands: Sequence[Sequence[str | int | bytes]], seconds: float
    ) -> list[Any]:
        """Send *commands* in one go and return their replies, refusals among them, in order.

        Raises `BusUnavailable`, as does everybody else's exchange on this connection, when they
        are not there after *seconds*.
        """
        if self._failure is not None:
            raise BusUnavailable(str(self._failure))
        loop = asyncio.get_running_loop()
        future: asyncio.Future[list[Any]] = loop.create_future()
        self._asked.append((future, len(commands)))
        if not self._outgoing:
            # Whoever asks in this turn of the loop shares one write, and one waking of the server.
            loop.call_soon(self._send)
        self._outgoing += [_pack(tuple(one)) for one in commands]
        timer = loop.call_later(seconds, self._fail, f"no reply within {seconds:g} s")
        try:
            return await future
        finally:
            timer.cancel()

    async def close(self) -> None:
        """Hang up; whoever waits gets `BusUnavailable`."""
        self._fail("the connection was closed")
        await self._connection.disconnect(nowait=True)

    def data_received(self, data: bytes) -> None:
        """Hand out the replies that *data* completes."""
        try:
            self._reader.feed(data)
            while (reply := self._reader.gets()) is not _MORE:
                self._take(reply)
        except hiredis.ProtocolError as error:
            self._fail(f"the server speaks another protocol: {error}")

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell everybody who waits."""
        self._fail(str(exc) if exc else "the server closed the connection")

    def _send(self) -> None:
        outgoing, self._outgoing = self._outgoing, []
        if self._failure is None:
            self._transport.write(b"".join(outgoing))

    def _take(self, reply: object) -> None:
        if not self._asked:
            self._fail("the server said something that nobody asked")
            return
        self._replies.append(reply)
        future, count = self._asked[0]
        if len(self._replies) == count:
            self._asked.popleft()
            replies, self._replies = self._replies, []
            if not future.done():
                future.set_result(replies)

    def _fail(self, reason: str) -> None:
        if self._failure is not None:
            return
        self._failure = BusUnavailable(reason)
        self._transport.abort()
        for future, _ in self._asked:
            if not future.done():
                future.set_exception(BusUnavailable(reason))
        self._asked.clear()
