"""Load over HTTP/1.1: connections that each ask, wait for the answer, and ask again."""

import asyncio
import time
from collections.abc import Callable
from typing import NamedTuple


class Rate(NamedTuple):
    """What came of a load: answers a second, and milliseconds that half and 99 % were within."""

    per_second: float
    p50_ms: float
    p99_ms: float
    refused: int


class _Connection(asyncio.Protocol):
    def __init__(self, make: Callable[[], bytes], ends_at: float) -> None:
        self._make = make
        self._ends_at = ends_at
        self._transport: asyncio.Transport
        self._buffer = b""
        self._asked_at = 0.0
        self.delays: list[float] = []
        self.refused = 0
        self.over = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._ask()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return
        head = self._buffer[:end].lower()
        at = head.index(b"content-length: ") + 16
        length = int(head[at:].split(b"\r\n", 1)[0])
        if len(self._buffer) < end + 4 + length:
            return
        now = time.perf_counter()
        self.delays.append(now - self._asked_at)
        self.refused += not self._buffer.startswith(b"HTTP/1.1 200")
        self._buffer = b""
        if now < self._ends_at:
            self._ask()
        else:
            self._transport.close()

    def connection_lost(self, _: Exception | None) -> None:
        if not self.over.done():
            self.over.set_result(None)

    def _ask(self) -> None:
        self._asked_at = time.perf_counter()
        self._transport.write(self._make())


def request(host: str, path: str, token: str, body: bytes) -> bytes:
    """Return the bytes of a POST."""
    return (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode() + body


async def load(host: str, port: int, makers: list[Callable[[], bytes]], seconds: float) -> Rate:
    """Ask on one connection for each of *makers*, which make the next request."""
    ends_at = time.perf_counter() + seconds
    loop = asyncio.get_running_loop()
    began = time.perf_counter()
    made = [
        (await loop.create_connection(lambda make=make: _Connection(make, ends_at), host, port))[1]
        for make in makers
    ]
    await asyncio.gather(*(connection.over for connection in made))
    took = time.perf_counter() - began
    delays = sorted(delay for connection in made for delay in connection.delays)
    refused = sum(connection.refused for connection in made)
    p50, p99 = (1_000 * delays[int(len(delays) * part)] for part in (0.5, 0.99))
    return Rate(len(delays) / took, p50, p99, refused)
