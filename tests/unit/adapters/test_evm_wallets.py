"""Wallets on a chain: what they say themselves (ERC-1271), and which keys they have named."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from eth_abi.abi import decode

from outcry.adapters.evm.rpc import Rpc
from outcry.adapters.evm.wallets import WALLETS_COUNT_MAX, EvmWallets
from outcry.ports.chain import ChainUnavailable


WALLET, DIGEST, SIGNATURE = b"\xab" * 20, b"\xcd" * 32, b"\xef" * 317
KEY = b"\x12" * 20
Answer = Callable[[dict[str, Any]], dict[str, Any] | None]
YES = "0x1626ba7e" + "00" * 28


@asynccontextmanager
async def node(
    answer: Callable[[dict[str, Any]], dict[str, Any] | None],
    settlement: str = "",
    confirmations: int = 1,
) -> AsyncIterator[EvmWallets]:
    """Give the wallets of a node that answers like this; None: it is not there."""

    def handle(request: httpx.Request) -> httpx.Response:
        asked = json.loads(request.content)
        said = []
        for call in asked if isinstance(asked, list) else [asked]:
            one = answer(call)
            if one is None:
                raise httpx.ConnectError("nobody is there")
            said.append({"jsonrpc": "2.0", "id": call["id"], **one})
        return httpx.Response(200, json=said if isinstance(asked, list) else said[0])

    async with Rpc("http://node", attempts_max=1) as rpc:
        await rpc._client.aclose()
        rpc._client = httpx.AsyncClient(transport=httpx.MockTransport(handle))
        yield EvmWallets(rpc, settlement, confirmations)


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


class Names:
    """A chain on which a wallet named a key in one block, and took that back in another."""

    def __init__(self, named: int, ended: int = 1_000) -> None:
        self.named, self.ended, self.head, self.wallets = named, ended, 0, 1

    def answer(self, call: dict[str, Any]) -> dict[str, Any]:
        """Answer as a node at `head` does."""
        if call["method"] == "eth_blockNumber":
            return {"result": hex(self.head)}
        if call["method"] == "eth_getLogs":
            logs = [{"topics": ["", f"0x{number:064x}"]} for number in range(1, self.wallets + 1)]
            return {"result": logs}
        at = call["params"][1]
        block = self.head if at == "latest" else int(at, 16)
        until = 2**256 - 1 if self.named <= block < self.ended else 0
        return {"result": f"0x{until:064x}"}


async def test_a_name_counts_when_its_block_is_believed() -> None:
    """What a reorganisation could still take is no name; what was taken back ends at once."""
    chain = Names(named=10, ended=14)
    async with node(chain.answer, "0x" + "12" * 20, confirmations=3) as wallets:
        said = []
        for chain.head in range(9, 16):
            said.append(await wallets.names(WALLET, KEY))
    assert said == [False, False, False, True, True, False, False]


async def test_a_name_that_was_believed_is_asked_of_the_newest_block_alone() -> None:
    """Each order of a wallet costs one question, not three."""
    chain, asked = Names(named=1), list[str]()

    def answer(call: dict[str, Any]) -> dict[str, Any]:
        asked.append(call["method"])
        return chain.answer(call)

    async with node(answer, "0x" + "12" * 20, confirmations=3) as wallets:
        chain.head = 20
        assert await wallets.names(WALLET, KEY)
        asked.clear()
        assert await wallets.names(WALLET, KEY)
    assert asked == ["eth_call"]


async def test_however_many_wallets_name_a_key_little_is_asked() -> None:
    """All are asked about in one request; of more than the bound none is, and no logs again."""
    chain, asked = Names(named=1), list[str]()

    def answer(call: dict[str, Any]) -> dict[str, Any]:
        asked.append(call["method"])
        return chain.answer(call)

    chain.head = 20
    for count, calls in ((WALLETS_COUNT_MAX, 2 * WALLETS_COUNT_MAX), (10_000, 0)):
        chain.wallets = count
        asked.clear()
        async with node(answer, "0x" + "12" * 20, confirmations=3) as wallets:
            found = await wallets.of(KEY)
            assert found == [number.to_bytes(20, "big") for number in range(1, calls // 2 + 1)]
            assert asked == ["eth_blockNumber", "eth_getLogs", *["eth_call"] * calls]
            asked.clear()
            assert await wallets.of(KEY) == found
            assert len(asked) == (2 + WALLETS_COUNT_MAX if calls else 0)


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
