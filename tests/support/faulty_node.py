"""A proxy before a node: it drops, delays, garbles and declines, as often as it is told.

It may also not know methods: those that some nodes have and others do not.
"""

import asyncio
import json
from collections.abc import Collection
from random import Random
from typing import Any, Self

import httpx


_HEAD = (
    b"HTTP/1.1 %d X\r\nContent-Type: application/json\r\n"
    b"Content-Length: %d\r\nConnection: close\r\n\r\n"
)


class FaultyNode:
    """Listens on a free port of this machine while it is entered."""

    def __init__(self, url: str, seed: int = 0, lacks: Collection[str] = ()) -> None:
        """*lacks*: methods that it does not know."""
        self._url = url
        self._lacks = lacks
        self._chance = Random(f"node {seed}")
        #: Share of requests that go wrong.
        self.share = 0.0
        self.faults = 0
        self.url = ""

    async def __aenter__(self) -> Self:
        self._client = httpx.AsyncClient(timeout=20, trust_env=False)
        self._server = await asyncio.start_server(self._answer, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        await self._server.wait_closed()
        await self._client.aclose()

    def turn(self, url: str) -> None:
        """Stand before another node."""
        self._url = url

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(
                int(line.split(b":")[1])
                for line in head.split(b"\r\n")
                if line.lower().startswith(b"content-length")
            )
            status, body = await self._said(await reader.readexactly(length))
            if status:
                writer.write(_HEAD % (status, len(body)) + body)
                await writer.drain()
        except (OSError, EOFError, asyncio.LimitOverrunError, httpx.HTTPError):
            pass
        finally:
            writer.close()

    async def _said(self, asked: bytes) -> tuple[int, bytes]:
        """Return status and body; status 0 hangs up without an answer."""
        fault = ""
        if self._chance.random() < self.share:
            self.faults += 1
            fault = self._chance.choice(["before", "after", "status", "garbled", "declined"])
        if fault == "before":
            return 0, b""
        if fault == "status":
            return 503, b"{}"
        if fault == "declined":
            return 200, b'{"jsonrpc":"2.0","id":null,"error":{"code":-32005,"message":"limit"}}'
        if self._lacks:
            return 200, await self._without(asked)
        said = await self._passed_on(asked)
        if fault == "after":  # it was done, and nobody hears of it
            return 0, b""
        return said.status_code, said.content[: len(said.content) // 2] if fault else said.content

    async def _passed_on(self, asked: bytes) -> httpx.Response:
        headers = {"Content-Type": "application/json"}
        return await self._client.post(self._url, content=asked, headers=headers)

    async def _without(self, asked: bytes) -> bytes:
        """Ask call by call, and decline those of methods that are not known."""
        calls = json.loads(asked)
        many = calls if isinstance(calls, list) else [calls]
        said = [await self._one(call) for call in many]
        return json.dumps(said if isinstance(calls, list) else said[0]).encode()

    async def _one(self, call: dict[str, Any]) -> dict[str, Any]:
        if call["method"] in self._lacks:
            error = {"code": -32601, "message": "Method not found"}
            return {"jsonrpc": "2.0", "id": call["id"], "error": error}
        answer: dict[str, Any] = (await self._passed_on(json.dumps(call).encode())).json()
        return answer
