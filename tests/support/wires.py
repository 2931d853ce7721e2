"""A client's end of a feed without a socket: what was sent to it, and how full its pipe is."""

from collections.abc import Iterator
from typing import Any

from msgspec import json


class FakeWire:
    """The connection under a session, standing in for the network."""

    address = "127.0.0.1"

    def __init__(self) -> None:
        self.backlog_bytes = 0
        self.sent: list[bytes] = []
        self.pings = 0
        self.pongs: list[bytes] = []
        self.closed: tuple[int, str] | None = None
        self.drains = True

    def send(self, message: bytes) -> None:
        """Take a message, unless the connection is closing."""
        if self.closed is None:
            self.sent.append(message)

    def send_ping(self) -> None:
        """Count a ping."""
        self.pings += 1

    def send_pong(self, payload: bytes) -> None:
        """Take a pong."""
        self.pongs.append(payload)

    def close(self, code: int, reason: str) -> None:
        """Remember the first goodbye."""
        self.closed = self.closed or (code, reason)

    async def drained(self, timeout: float) -> bool:  # noqa: ARG002 - nothing to wait for
        """Say whether the client reads."""
        return self.drains

    def take(self) -> Iterator[dict[str, Any]]:
        """Yield the messages that came since the last call, as JSON."""
        sent, self.sent = self.sent, []
        for message in sent:
            yield json.decode(message)
