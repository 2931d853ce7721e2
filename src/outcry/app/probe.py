"""Asking our own processes over HTTP: one small request, one small answer, bounded in time."""

import asyncio
from http import HTTPStatus
from typing import NamedTuple

from outcry.app.record import Address


TIMEOUT_SECONDS = 2.0
PAUSE_SECONDS = 0.05
ANSWER_BYTES_MAX = 4 * 1024 * 1024


class Answer(NamedTuple):
    """What came back; status 0 when nothing did."""

    status: int
    body: bytes


NOTHING = Answer(0, b"")


async def get(address: Address, path: str) -> Answer:
    """Return the answer to ``GET path``, `NOTHING` when there was none in time."""
    try:
        async with asyncio.timeout(TIMEOUT_SECONDS):
            return await _get(address, path)
    except (OSError, ValueError, TimeoutError, EOFError, asyncio.LimitOverrunError):
        return NOTHING


async def until_ok(address: Address, path: str) -> None:
    """Return once ``GET path`` is answered with 200, however long that takes."""
    while True:
        if (await get(address, path)).status == HTTPStatus.OK:
            return
        await asyncio.sleep(PAUSE_SECONDS)


async def _get(address: Address, path: str) -> Answer:
    reader, writer = await asyncio.open_connection(address.host, address.port)
    try:
        request = f"GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
        writer.write(request.encode("ascii"))
        head = await reader.readuntil(b"\r\n\r\n")
        # We ask for the connection to be closed, so the body ends where the connection does.
        body = await reader.read(ANSWER_BYTES_MAX)
        while chunk := await reader.read(ANSWER_BYTES_MAX):
            body += chunk
            if len(body) > ANSWER_BYTES_MAX:
                return NOTHING
    finally:
        writer.close()
    return Answer(int(head.split(b" ", 2)[1]), body)
