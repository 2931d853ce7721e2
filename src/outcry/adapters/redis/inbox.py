"""An inbox on a Redis stream: entries with a field ``data``, under ids that Redis gives them."""

from typing import Any, Final

from outcry.adapters.redis.link import Link
from outcry.ports.bus import BusUnavailable
from outcry.ports.inbox import Inbox, InboxUnavailable, Message, Place


#: The field of an entry that holds the message; another writer's entry without it is empty.
FIELD: Final = b"data"


class RedisInbox(Inbox):
    """The stream of one name."""

    def __init__(self, url: str, stream: str) -> None:
        """Read *stream*, as it is called in Redis, from the server at *url*."""
        self._link = Link(url)
        self._stream = stream

    async def read(self, after: Place, count_max: int, wait_ms: int) -> list[Message]:
        """Return messages above *after*; see `Inbox`."""
        command: list[str | int | bytes] = ["XREAD", "COUNT", count_max]
        if wait_ms:
            command += ["BLOCK", wait_ms]
        command += ["STREAMS", self._stream, f"{after[0]}-{after[1]}"]
        try:
            (reply,) = await self._link.call_all([command], block_ms=wait_ms)
        except BusUnavailable as error:
            raise InboxUnavailable(str(error)) from error
        return [_message(*entry) for entry in reply[0][1]] if reply else []

    async def close(self) -> None:
        """Close the connections."""
        await self._link.close()


def _message(name: bytes, fields: list[Any]) -> Message:
    milliseconds, _, number = name.partition(b"-")
    values = dict(zip(fields[::2], fields[1::2], strict=True))
    return Message((int(milliseconds), int(number)), values.get(FIELD, b""))
