"""JSON-RPC to the node of a chain: single calls and batches, with bounded size, time and retries.

Every method we use may be repeated: a raw transaction that is sent again is the same transaction.
An answer that says no is an `RpcError`, which is a value in a batch; a node that does not answer is
`ChainUnavailable`. Source: JSON-RPC 2.0, the execution APIs of Ethereum.
"""

import asyncio
from collections.abc import Sequence
from itertools import count
from typing import Any, Final, Self, cast

import httpx
import msgspec

from outcry.domain.errors import OutcryError
from outcry.ports.chain import ChainUnavailable


#: Calls in one HTTP request; longer batches become several.
BATCH_COUNT_MAX: Final = 100
#: Bytes of an answer.
ANSWER_BYTES_MAX: Final = 64 << 20
TIMEOUT_SECONDS: Final = 15.0
#: How often a request is tried, and the pause after the first failure, which doubles.
ATTEMPTS_MAX: Final = 3
PAUSE_SECONDS: Final = 0.1
_BUSY: Final = (408, 425, 429)
_SERVER_ERROR: Final = 500
#: How nodes say that they do not know a method.
_UNKNOWN_METHOD: Final = (-32601, -32004, -32600)
#: An object in the JSON of a call's parameters or answer.
Json = Any


class RpcError(OutcryError):
    """The node declined a call.

    ``data`` is what the call reverted with, where it did: hexadecimal text, or "".
    """

    def __init__(self, code: int, message: str, data: str = "") -> None:
        super().__init__(f"the node says: {message} ({code})")
        self.code = code
        self.message = message
        self.data = data

    @property
    def output(self) -> bytes:
        """Bytes that the call reverted with; empty when there are none."""
        return bytes.fromhex(self.data.removeprefix("0x"))

    @property
    def unknown(self) -> bool:
        """Whether the node does not know the method."""
        return self.code in _UNKNOWN_METHOD


class Call(msgspec.Struct, frozen=True):
    """A method of the node and its parameters."""

    method: str
    params: Sequence[Json] = ()


class Rpc:
    """A node of a chain; safe to share among tasks, closed by whoever made it."""

    def __init__(self, url: str, *, attempts_max: int = ATTEMPTS_MAX) -> None:
        self.url = url
        self._attempts_max = attempts_max
        self._ids = count(1)
        self._client = httpx.AsyncClient(timeout=TIMEOUT_SECONDS, trust_env=False)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Let go of the connections."""
        await self._client.aclose()

    async def call(self, method: str, *params: Json) -> Json:
        """Return the result of one call; raises `RpcError` and `ChainUnavailable`."""
        body, number = self._body(Call(method, params))
        return _one(await self._posted([body]), number)

    async def batch(self, calls: Sequence[Call]) -> list[Json]:
        """Return the result or the `RpcError` of each of *calls*, in their order.

        Raises `ChainUnavailable` when a part of the batch has no answer; an earlier part of a
        batch of more than `BATCH_COUNT_MAX` calls has then been taken.
        """
        results: list[Json] = []
        for first in range(0, len(calls), BATCH_COUNT_MAX):
            results += await self._part(calls[first : first + BATCH_COUNT_MAX])
        return results

    async def _part(self, calls: Sequence[Call]) -> list[Json]:
        bodies = [self._body(call) for call in calls]
        answers = await self._posted([body for body, _ in bodies])
        return [_value(answers, number) for _, number in bodies]

    def _body(self, call: Call) -> tuple[dict[str, Json], int]:
        number = next(self._ids)
        body = {"jsonrpc": "2.0", "id": number, "method": call.method, "params": list(call.params)}
        return body, number

    async def _posted(self, bodies: list[dict[str, Json]]) -> dict[int, dict[str, Json]]:
        """Return the answers by the number of their question."""
        content = msgspec.json.encode(bodies if len(bodies) > 1 else bodies[0])
        pause = PAUSE_SECONDS
        for attempt in range(1, self._attempts_max + 1):
            try:
                return await self._asked(content)
            except ChainUnavailable:
                if attempt == self._attempts_max:
                    raise
            await asyncio.sleep(pause)
            pause *= 2
        raise AssertionError("the last attempt returns or raises")

    async def _asked(self, content: bytes) -> dict[int, dict[str, Json]]:
        headers = {"Content-Type": "application/json"}
        try:
            response = await self._client.post(self.url, content=content, headers=headers)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise ChainUnavailable(f"the chain's node does not answer: {error!r}") from error
        status = response.status_code
        if status in _BUSY or status >= _SERVER_ERROR:
            raise ChainUnavailable(f"the chain's node answers HTTP {status}")
        if len(response.content) > ANSWER_BYTES_MAX:
            raise ChainUnavailable(f"an answer of {len(response.content)} bytes is too long")
        return _by_number(response.content, status)


def _by_number(content: bytes, status: int) -> dict[int, dict[str, Json]]:
    try:
        answer = msgspec.json.decode(content)
    except msgspec.MsgspecError as error:
        raise ChainUnavailable(f"the chain's node answers HTTP {status} and no JSON") from error
    answers = answer if isinstance(answer, list) else [answer]
    if not all(isinstance(part, dict) for part in answers):
        raise ChainUnavailable("the chain's node answers JSON that is no JSON-RPC")
    return {cast("int", part.get("id")): part for part in answers}


def _one(answers: dict[int, dict[str, Json]], number: int) -> Json:
    value = _value(answers, number)
    if isinstance(value, RpcError):
        raise value
    return value


def _value(answers: dict[int, dict[str, Json]], number: int) -> Json:
    # A node that cannot read a request at all answers it with the number null.
    answer = answers.get(number) or answers.get(cast("int", None))
    if answer is None:
        raise ChainUnavailable(f"the chain's node left call {number} of a batch unanswered")
    if answer.get("error") is not None:
        return _error(answer["error"])
    return answer.get("result")


def _error(said: Json) -> RpcError:
    if not isinstance(said, dict):
        return RpcError(0, str(said))
    data = said.get("data")
    if isinstance(data, dict):  # some nodes wrap it
        data = data.get("data")
    text = data if isinstance(data, str) and data.startswith("0x") else ""
    return RpcError(int(said.get("code", 0)), str(said.get("message", "")), text)
