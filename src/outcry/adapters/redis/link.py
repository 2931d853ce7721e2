"""Link: sends commands to the server and gets replies, over as few connections as possible.

What does not block travels on one connection that all callers share, with whatever others send at
the same moment. A command that blocks holds a connection of its own, so nothing queues behind it.

Connecting is tried again, with growing pauses up to a bound, because nothing was sent yet. What was
sent is never repeated here: its outcome is unknown, and the caller finds out where the stream
stands. Whoever waits for the shared connection waits for one attempt, and gets its failure.
"""

import asyncio
from collections.abc import Sequence
from typing import Any, Final

from hiredis import ReplyError
from redis.asyncio import ConnectionPool
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import RedisError

from outcry.adapters.redis.conversation import Conversation
from outcry.adapters.redis.scripts import Script
from outcry.ports.bus import BusUnavailable


#: Exchanges under way on the shared connection, and beside it those that block, each on one of its
#: own; whoever wants one more waits.
EXCHANGES_MAX: Final = 32
BLOCKING_MAX: Final = 32
#: Connecting: tries after the first, and the longest pause between two.
RECONNECTS: Final = 5
RECONNECT_PAUSE_SECONDS_MAX: Final = 0.5
#: How long connecting may take, and how long all replies may take, apart from asked-for blocking.
EXCHANGE_SECONDS_MAX: Final = 10

Command = Sequence[str | int | bytes]


class Link:
    """Connections to the server at one URL (``unix://``, ``redis://``, ``rediss://``)."""

    def __init__(self, url: str) -> None:
        # It reads the URL, connects and greets; what is said then is ours.
        self._library = ConnectionPool.from_url(
            url,
            protocol=2,
            # The library's own timeouts lose a cancellation now and then; ours is around it all.
            socket_timeout=None,
            socket_connect_timeout=None,
            retry=Retry(ExponentialBackoff(cap=RECONNECT_PAUSE_SECONDS_MAX, base=0.01), RECONNECTS),
        )
        self._turns = asyncio.Semaphore(EXCHANGES_MAX)
        self._blocking_turns = asyncio.Semaphore(BLOCKING_MAX)
        #: The latest attempt at the shared connection; whoever wants one meanwhile shares it.
        self._connecting: asyncio.Task[Conversation] | None = None
        self._shared: Conversation | None = None
        #: Connections for what blocks, the one used last at the end.
        self._idle: list[Conversation] = []

    async def call(self, *command: str | int | bytes) -> Any:  # noqa: ANN401 - a codec: any reply
        """Send one command and return its reply; raises `BusUnavailable`."""
        (reply,) = await self.call_all([command])
        return reply

    async def call_all(self, commands: Sequence[Command], *, block_ms: int = 0) -> list[Any]:
        """Send *commands* in one go and return their replies, in order.

        They may block *block_ms* together. Raises `BusUnavailable` when one of them fails.
        """
        if block_ms:
            async with self._blocking_turns:
                replies = await self._apart(commands, EXCHANGE_SECONDS_MAX + block_ms / 1_000)
        else:
            async with self._turns:
                shared = self._shared
                if shared is None or not shared.alive:
                    shared = await self._share()
                replies = await shared.exchange(commands, EXCHANGE_SECONDS_MAX)
        for reply in replies:
            if isinstance(reply, ReplyError):
                raise BusUnavailable(str(reply)) from reply
        return replies

    async def run(self, script: Script, key: str, *arguments: str | int | bytes) -> Any:  # noqa: ANN401 - a codec: any reply
        """Run *script* on *key* and return its reply; raises `BusUnavailable`."""
        try:
            return await self.call("EVALSHA", script.digest, 1, key, *arguments)
        except BusUnavailable as error:
            if not str(error.__cause__).startswith("NOSCRIPT"):
                raise
        return await self.call("EVAL", script.source, 1, key, *arguments)

    async def close(self) -> None:
        """Close every connection; who waits for the shared one gets `BusUnavailable`."""
        connecting, self._connecting = self._connecting, None
        if connecting is not None:
            connecting.cancel()
            await asyncio.wait({connecting})
        shared, self._shared = self._shared, None
        idle, self._idle = self._idle, []
        for conversation in (*idle, shared):
            if conversation is not None:
                await conversation.close()

    async def _apart(self, commands: Sequence[Command], seconds: float) -> list[Any]:
        """Exchange on a connection that nobody else uses meanwhile."""
        conversation = await self._unused()
        try:
            replies = await conversation.exchange(commands, seconds)
        except BaseException:
            # Half a conversation: whoever had it next would wait for what blocks in it.
            await conversation.close()
            raise
        self._idle.append(conversation)
        return replies

    async def _unused(self) -> Conversation:
        while self._idle:
            conversation = self._idle.pop()
            if conversation.alive:
                return conversation
            await conversation.close()
        return await self._connect()

    async def _share(self) -> Conversation:
        """Return the next connection that all share, or fail with everybody who waits for it."""
        attempt = self._connecting
        if attempt is None or attempt.done():
            attempt = self._connecting = asyncio.create_task(self._renew())
            attempt.add_done_callback(_take_note)
        await asyncio.wait({attempt})  # one of those who wait may give up: the others go on
        if attempt.cancelled():
            raise BusUnavailable("the link was closed")
        return attempt.result()

    async def _renew(self) -> Conversation:
        """Put a new connection in the place of the one that no longer lives."""
        if self._shared is not None:
            await self._shared.close()
            self._shared = None
        self._shared = await self._connect()
        return self._shared

    async def _connect(self) -> Conversation:
        connection: Any = self._library.make_connection()  # type: ignore[no-untyped-call]
        try:
            async with asyncio.timeout(EXCHANGE_SECONDS_MAX):
                await connection.connect()
        except (RedisError, OSError) as error:
            await connection.disconnect(nowait=True)
            raise BusUnavailable(str(error) or type(error).__name__) from error
        except BaseException:
            await connection.disconnect(nowait=True)
            raise
        return Conversation(connection)


def _take_note(attempt: asyncio.Task[Conversation]) -> None:
    """Mark the failure of *attempt* as seen: those who waited for it may all have given up."""
    if not attempt.cancelled():
        attempt.exception()
