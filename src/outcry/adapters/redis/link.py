"""Link: sends commands to the server and gets replies, over connections of a bounded pool.

Connecting is tried again, with growing pauses up to a bound, because nothing was sent yet. What was
sent is never repeated here: its outcome is unknown, and the caller finds out where the stream
stands. A command that blocks holds its own connection, so nothing queues behind it.
"""

import asyncio
from collections.abc import Sequence
from typing import Any, Final

from redis.asyncio import BlockingConnectionPool
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import NoScriptError, RedisError, ResponseError

from outcry.adapters.redis.scripts import Script
from outcry.ports.bus import BusUnavailable


#: Connections of one link; whoever needs one more waits.
CONNECTIONS_MAX: Final = 32
CONNECTION_WAIT_SECONDS: Final = 10
#: Connecting: tries after the first, and the longest pause between two.
RECONNECTS: Final = 5
RECONNECT_PAUSE_SECONDS_MAX: Final = 0.5
#: How long connecting, sending and all replies may take together, apart from asked-for blocking.
EXCHANGE_SECONDS_MAX: Final = 10

Command = Sequence[str | int | bytes]


class Link:
    """Connections to the server at one URL (``unix://``, ``redis://``, ``rediss://``)."""

    def __init__(self, url: str) -> None:
        self._pool = BlockingConnectionPool.from_url(
            url,
            max_connections=CONNECTIONS_MAX,
            timeout=CONNECTION_WAIT_SECONDS,
            protocol=2,
            # The library's own timeouts lose a cancellation now and then; ours is around it all.
            socket_timeout=None,
            socket_connect_timeout=None,
            retry=Retry(ExponentialBackoff(cap=RECONNECT_PAUSE_SECONDS_MAX, base=0.01), RECONNECTS),
        )
        self._turns = asyncio.Semaphore(CONNECTIONS_MAX)
        self._idle: list[Any] = []

    async def call(self, *command: str | int | bytes) -> Any:  # noqa: ANN401 - a codec: any reply
        """Send one command and return its reply; raises `BusUnavailable`."""
        (reply,) = await self.call_all([command])
        return reply

    async def call_all(self, commands: Sequence[Command], *, block_ms: int = 0) -> list[Any]:
        """Send *commands* in one go and return their replies, in order.

        They may block *block_ms* together. Raises `BusUnavailable` when one of them fails.
        """
        try:
            async with asyncio.timeout(EXCHANGE_SECONDS_MAX + block_ms / 1_000):
                replies = await self._exchange(commands)
        except (RedisError, OSError) as error:
            raise BusUnavailable(str(error) or type(error).__name__) from error
        for reply in replies:
            if isinstance(reply, ResponseError):
                raise BusUnavailable(str(reply)) from reply
        return replies

    async def run(self, script: Script, key: str, *arguments: str | int | bytes) -> Any:  # noqa: ANN401 - a codec: any reply
        """Run *script* on *key* and return its reply; raises `BusUnavailable`."""
        try:
            return await self.call("EVALSHA", script.digest, 1, key, *arguments)
        except BusUnavailable as error:
            if not isinstance(error.__cause__, NoScriptError):
                raise
        return await self.call("EVAL", script.source, 1, key, *arguments)

    async def close(self) -> None:
        """Close every connection."""
        self._idle.clear()
        await self._pool.aclose()

    async def _exchange(self, commands: Sequence[Command]) -> list[Any]:
        async with self._turns:
            connection = await self._connection()
            try:
                await connection.send_packed_command(connection.pack_commands(commands))
                replies = []
                for _ in commands:
                    try:
                        replies.append(await connection.read_response())
                    except ResponseError as error:
                        replies.append(error)
            except BaseException:
                # Half a conversation: whoever had this connection next would get our replies.
                await connection.disconnect(nowait=True)
                await self._pool.release(connection)
                raise
            self._idle.append(connection)
        return replies

    async def _connection(self) -> Any:  # noqa: ANN401 - the library's untyped connection
        """Return a connection that is open, the one used last if possible.

        What is idle is kept here: a turn through the library's pool, with its look whether the
        socket still lives, costs as much as the exchange itself.
        """
        while self._idle:
            connection = self._idle.pop()
            if connection.is_connected and not connection._reader.at_eof():  # noqa: SLF001 - no other way to see it without a read
                return connection
            await connection.disconnect(nowait=True)
            await self._pool.release(connection)
        return await self._pool.get_connection()  # type: ignore[no-untyped-call]
