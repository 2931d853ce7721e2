"""JSON-RPC over a real HTTP port: batches, refusals, and a node that does not answer."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from outcry.adapters.evm.rpc import BATCH_COUNT_MAX, Call, Rpc, RpcError
from outcry.ports.chain import ChainUnavailable


Answer = Callable[[Any], tuple[int, Any]]


@asynccontextmanager
async def node(answer: Answer) -> AsyncIterator[tuple[str, list[Any]]]:
    """Serve *answer* over HTTP; yield the URL and what was asked."""
    asked: list[Any] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        size = int(head.split("content-length: ")[1].split("\r\n")[0])
        body = json.loads(await reader.readexactly(size))
        asked.append(body)
        status, said = answer(body)
        content = said if isinstance(said, bytes) else json.dumps(said).encode()
        start = (
            f"HTTP/1.1 {status} X\r\nContent-Length: {len(content)}\r\nConnection: close\r\n\r\n"
        )
        writer.write(start.encode() + content)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", asked


def echo(body: Any) -> tuple[int, Any]:
    """Answer every call with its parameters, in the wrong order."""
    calls = body if isinstance(body, list) else [body]
    answers = [{"jsonrpc": "2.0", "id": c["id"], "result": c["params"]} for c in reversed(calls)]
    return 200, answers if isinstance(body, list) else answers[0]


async def asked_of(answer: Answer, ask: Callable[[Rpc], Awaitable[Any]]) -> tuple[Any, list[Any]]:
    """Return what *ask* got of a node that answers so, and what the node was asked."""
    async with node(answer) as (url, asked), Rpc(url) as rpc:
        return await ask(rpc), asked


async def test_order_of_a_batch() -> None:
    """Results come in the order of the calls, however the node orders them, in bounded parts."""
    calls = [Call("echo", [n]) for n in range(BATCH_COUNT_MAX + 3)]
    results, asked = await asked_of(echo, lambda rpc: rpc.batch(calls))
    assert results == [[n] for n in range(BATCH_COUNT_MAX + 3)]
    assert [len(part) for part in asked] == [BATCH_COUNT_MAX, 3]


async def test_refusals_of_a_batch_are_values() -> None:
    """A call that the node declines leaves the others of its batch alone; its output is kept."""

    def answer(body: Any) -> tuple[int, Any]:
        first, second = body
        error = {"code": 3, "message": "execution reverted", "data": "0x0102"}
        return 200, [{"id": first["id"], "error": error}, {"id": second["id"], "result": "0x1"}]

    results, _ = await asked_of(answer, lambda rpc: rpc.batch([Call("a"), Call("b")]))
    assert isinstance(results[0], RpcError)
    assert results[0].output == b"\1\2"
    assert results[1] == "0x1"


async def test_refusal_of_a_call_raises() -> None:
    """A single call that is declined raises what the node said."""

    def answer(body: Any) -> tuple[int, Any]:
        return 200, {"id": body["id"], "error": {"code": -32003, "message": "already imported"}}

    with pytest.raises(RpcError, match="already imported"):
        await asked_of(answer, lambda rpc: rpc.call("eth_sendRawTransaction", "0x"))


async def test_a_busy_node_is_asked_again() -> None:
    """A node that is busy at first is asked again, and its later answer counts."""
    busy = iter([(503, b""), (429, b"")])
    result, asked = await asked_of(
        lambda body: next(busy, None) or echo(body), lambda rpc: rpc.call("echo", 1)
    )
    assert result == [1]
    assert len(asked) == 3


@pytest.mark.parametrize("said", [b"<html>", b"[1]", b'{"id": 99, "result": 1}'])
async def test_answers_that_are_none(said: bytes) -> None:
    """What is no answer to our question counts as no answer, after a bounded number of tries."""
    with pytest.raises(ChainUnavailable):
        await asked_of(lambda _: (200, said), lambda rpc: rpc.call("eth_chainId"))


async def test_nobody_listens() -> None:
    """A port at which nobody listens is an unavailable chain."""
    async with node(echo) as (url, _):
        pass
    async with Rpc(url, attempts_max=1) as rpc:
        with pytest.raises(ChainUnavailable, match="does not answer"):
            await rpc.call("eth_chainId")
