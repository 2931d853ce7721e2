"""Wallets on a chain: what is asked is ERC-1271, and only its own word is a yes."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from eth_abi.abi import decode

from outcry.adapters.evm.rpc import Rpc
from outcry.adapters.evm.wallets import EvmWallets
from outcry.ports.chain import ChainUnavailable


WALLET, DIGEST, SIGNATURE = b"\xab" * 20, b"\xcd" * 32, b"\xef" * 317
Answer = Callable[[dict[str, Any]], dict[str, Any] | None]
YES = "0x1626ba7e" + "00" * 28


@asynccontextmanager
async def node(
    answer: Callable[[dict[str, Any]], dict[str, Any] | None], settlement: str = ""
) -> AsyncIterator[EvmWallets]:
    """Give the wallets of a node that answers like this; None: it is not there."""

    def handle(request: httpx.Request) -> httpx.Response:
        call = json.loads(request.content)
        said = answer(call)
        if said is None:
            raise httpx.ConnectError("nobody is there")
        return httpx.Response(200, json={"jsonrpc": "2.0", "id": call["id"], **said})

    async with Rpc("http://node", attempts_max=1) as rpc:
        await rpc._client.aclose()
        rpc._client = httpx.AsyncClient(transport=httpx.MockTransport(handle))
        yield EvmWallets(rpc, settlement)


async def test_a_wallet_is_asked_as_the_standard_says() -> None:
    """The call is `isValidSignature(bytes32,bytes)`, as another library reads it."""
    asked: list[dict[str, Any]] = []

    def answer(call: dict[str, Any]) -> dict[str, Any]:
        asked.append(call)
        return {"result": YES}

    async with node(answer) as wallets:
        assert await wallets.accepts(WALLET, DIGEST, SIGNATURE)
    (call,) = asked
    assert call["method"] == "eth_call"
    assert call["params"][0]["to"] == f"0x{WALLET.hex()}"
    data = bytes.fromhex(call["params"][0]["data"][2:])
    assert data[:4].hex() == "1626ba7e"
    assert decode(["bytes32", "bytes"], data[4:]) == (DIGEST, SIGNATURE)


async def test_a_wallet_is_asked_by_who_asks_it_when_a_trade_settles() -> None:
    """One that declines to the settlement contract alone is declined at the door."""
    contract = "0x" + "12" * 20

    def answer(call: dict[str, Any]) -> dict[str, Any]:
        asked_by = call["params"][0].get("from")
        return {"result": "0x" + "00" * 32 if asked_by == contract else YES}

    async with node(answer, contract) as wallets:
        assert not await wallets.accepts(WALLET, DIGEST, SIGNATURE)


@pytest.mark.parametrize(
    "said",
    [
        {"result": "0x"},
        {"result": "0x" + "00" * 32},
        {"result": "0xffffffff" + "00" * 28},
        {"error": {"code": 3, "message": "execution reverted"}},
    ],
)
async def test_anything_else_is_a_no(said: dict[str, Any]) -> None:
    """No code there, another word and a revert accept nothing."""
    async with node(lambda _: said) as wallets:
        assert not await wallets.accepts(WALLET, DIGEST, SIGNATURE)


async def test_a_node_that_is_gone_is_no_answer() -> None:
    """Whether the wallet accepts is not known then, and not made up."""
    async with node(lambda _: None) as wallets:
        with pytest.raises(ChainUnavailable):
            await wallets.accepts(WALLET, DIGEST, SIGNATURE)
