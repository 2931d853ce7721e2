"""The port `Escrow` on an EVM chain, by the JSON-RPC of one node and with the oracle's key.

Logs are asked for by the hash of their block: never by a range, which may be of another chain a
moment later.
"""

from collections.abc import Sequence
from typing import Any, Final

from outcry.adapters.evm.abi import address_of, address_text
from outcry.adapters.evm.blocks import block_of, blocks_of
from outcry.adapters.evm.chain import TIP_WEI
from outcry.adapters.evm.deployment import Deployment
from outcry.adapters.evm.escrow_calls import (
    ESCROW_TOPICS,
    GAS,
    OF_TOKENS,
    TOKENS,
    data_of,
    happening_of,
    refusal_of,
)
from outcry.adapters.evm.gas import GWEI, offer, replacement
from outcry.adapters.evm.matching import PART_BITS, SETTLEMENT, number_on_chain
from outcry.adapters.evm.rpc import Call, Rpc, RpcError
from outcry.adapters.evm.signer import Signer, Transaction
from outcry.adapters.evm.taken import hand_over
from outcry.adapters.evm.wire import answered, quantity, unhex
from outcry.messages.happenings import Happening
from outcry.ports.chain import Block, ChainUnavailable, Prepared, Price
from outcry.ports.escrow import Act, Answer, BlockGone, CarriedOut, Escrow, Job, Mined, Refusal


_SETTLED: Final = f"0x{SETTLEMENT.topic('Settled').hex()}"
_OPERATIONS: Final = [
    f"0x{SETTLEMENT.topic(name).hex()}" for name in ("PaidOut", "SplitFor", "MergedFor")
]


class EvmEscrow(Escrow):
    """The contracts of a deployment."""

    def __init__(
        self, rpc: Rpc, signer: Signer, deployment: Deployment, ceiling_wei: int = 500 * GWEI
    ) -> None:
        self._rpc = rpc
        self._signer = signer
        self._chain_id = deployment.chain_id
        self._settlement = address_of(deployment.settlement)
        self._ctf = address_of(deployment.ctf)
        self._oracle = address_text(signer.address)
        self._ceiling = ceiling_wei

    # --- reading --------------------------------------------------------------------------------

    async def head(self) -> Block:
        """Return the newest block."""
        return block_of(await self._ask("eth_getBlockByNumber", "latest", False))  # noqa: FBT003 - JSON-RPC has no names

    async def blocks(self, first: int, last: int) -> list[Block]:
        """Return these blocks as far as there are."""
        return await blocks_of(self._rpc, first, last)

    async def happened(self, blocks: Sequence[Block]) -> list[Happening]:
        """Return what these blocks say of escrow, in order."""
        sought = {"address": address_text(self._settlement), "topics": [ESCROW_TOPICS]}
        calls = [Call("eth_getLogs", [{"blockHash": block.hash, **sought}]) for block in blocks]
        found: list[Happening] = []
        for block, logs in zip(blocks, await self._rpc.batch(calls), strict=True):
            if isinstance(logs, RpcError):
                raise BlockGone(f"block {block.number}, {block.hash}: {logs.message}")
            for log in logs:
                topics = [unhex(topic) for topic in log["topics"]]
                event = SETTLEMENT.event(topics, unhex(log["data"]))
                place = (quantity(log["logIndex"]), str(log["transactionHash"]))
                one = happening_of(event, block.number, *place) if event else None
                if one is not None:
                    found.append(one)
        return found

    async def carried_out(self, first: int, last: int) -> CarriedOut:
        """Return what was settled and done in these blocks."""
        sought = {
            "address": address_text(self._settlement),
            "fromBlock": hex(first),
            "toBlock": hex(last),
            "topics": [[_SETTLED, *_OPERATIONS]],
        }
        done = CarriedOut([], [])
        for log in await self._ask("eth_getLogs", sought):
            topic, number = log["topics"][0], quantity(log["topics"][1])
            if topic == _SETTLED:
                done.parts.append(divmod(number, 1 << PART_BITS))
            else:
                done.operations.append(number)
        return done

    async def mined(self, hashes: Sequence[str]) -> list[Mined | None]:
        """Return where these transactions are."""
        said = await self._batch([Call("eth_getTransactionReceipt", [one]) for one in hashes])
        return [
            Mined(quantity(one["blockNumber"]), quantity(one["status"]) == 1) if one else None
            for one in said
        ]

    async def amounts(self, asked: Sequence[tuple[str, str]], block: Block) -> list[int]:
        """Return what is in escrow at the end of *block*."""
        datas = [SETTLEMENT.call("escrowOf", address_of(who), int(asset)) for who, asset in asked]
        return await self._views(self._settlement, datas, block)

    async def holdings(self, assets: Sequence[str], block: Block) -> list[int]:
        """Return what the contract has: collateral that is somebody's, and tokens."""
        held = []
        for asset in assets:
            if asset == "0":
                data, to = SETTLEMENT.call("escrowed"), self._settlement
            else:
                data, to = TOKENS.call("balanceOf", self._settlement, int(asset)), self._ctf
            held += await self._views(to, [data], block)
        return held

    async def settled(self, parts: Sequence[tuple[int, int]], block: Block) -> list[bool]:
        """Return which parts have settled."""
        datas = [SETTLEMENT.call("isSettled", number_on_chain(*part)) for part in parts]
        return [bool(one) for one in await self._views(self._settlement, datas, block)]

    async def fee_account(self) -> str:
        """Return whose escrow fees go to."""
        head = await self.head()
        (word,) = await self._views(self._settlement, [SETTLEMENT.call("feeAccount")], head)
        return f"0x{word:040x}"

    # --- sending --------------------------------------------------------------------------------

    async def nonce(self) -> int:
        """Return the lowest nonce that nothing in a block or waiting has."""
        return quantity(await self._ask("eth_getTransactionCount", self._oracle, "pending"))

    async def used(self) -> int:
        """Return the lowest nonce that nothing in a block has."""
        return quantity(await self._ask("eth_getTransactionCount", self._oracle, "latest"))

    async def price(self, before: Price | None = None) -> Price:
        """Return what to offer now, or in place of *before*."""
        head, usual = await self._rpc.batch(
            [Call("eth_getBlockByNumber", ["latest", False]), Call("eth_maxPriorityFeePerGas")]
        )
        base_fee = quantity(answered(head).get("baseFeePerGas", "0x0"))
        tip = TIP_WEI if isinstance(usual, RpcError) else quantity(usual)
        now = offer(base_fee, tip, self._ceiling)
        return now if before is None else replacement(now, before, self._ceiling)

    def prepare(self, job: Job, nonce: int, price: Price) -> Prepared:
        """Return the signed transaction that does *job*."""
        to, data = self._called(job)
        signed = self._signer.sign(
            Transaction(
                self._chain_id, nonce, to, data, GAS[Act(job.act)], price.max_fee, price.tip
            )
        )
        return Prepared(f"0x{signed.tx_hash.hex()}", signed.raw)

    async def refusals(self, jobs: Sequence[Job]) -> list[Refusal]:
        """Return what the contracts would do with each job."""
        calls = []
        for job in jobs:
            to, data = self._called(job)
            call = {
                "from": self._oracle, "to": address_text(to), "data": f"0x{data.hex()}",
                "gas": hex(GAS[Act(job.act)]),
            }  # fmt: skip
            calls.append(Call("eth_call", [call, "latest"]))
        return [
            _refusal(job, said)
            for job, said in zip(jobs, await self._rpc.batch(calls), strict=True)
        ]

    async def send(self, raws: Sequence[bytes]) -> None:
        """Hand over transactions; one that is there, or whose place is taken, is no failure."""
        await hand_over(self._rpc, raws)

    async def close(self) -> None:
        """Let go of the node."""
        await self._rpc.close()

    # --- how ------------------------------------------------------------------------------------

    def _called(self, job: Job) -> tuple[bytes, bytes]:
        to = self._ctf if job.act in OF_TOKENS else self._settlement
        return to, data_of(job, self._signer.address)

    async def _views(self, to: bytes, datas: Sequence[bytes], block: Block) -> list[int]:
        """Return the one word that each call answers at *block*. Raises `BlockGone`."""
        at = {"blockHash": block.hash, "requireCanonical": True}
        where = address_text(to)
        calls = [Call("eth_call", [{"to": where, "data": f"0x{data.hex()}"}, at]) for data in datas]
        words = []
        for said in await self._rpc.batch(calls):
            if isinstance(said, RpcError):
                raise BlockGone(f"block {block.number}, {block.hash}: {said.message}")
            words.append(int.from_bytes(unhex(said)))
        return words

    async def _ask(self, method: str, *params: Any) -> Any:  # noqa: ANN401 - JSON
        return (await self._batch([Call(method, params)]))[0]

    async def _batch(self, calls: Sequence[Call]) -> list[Any]:
        return [answered(one) for one in await self._rpc.batch(calls)]


def _refusal(job: Job, said: object) -> Refusal:
    if not isinstance(said, RpcError):
        return Refusal(Answer.WOULD)
    if said.data or "revert" in said.message.lower():
        return refusal_of(job, said.output)
    raise ChainUnavailable(str(said)) from said
