"""Reading: what blocks hold of ours.

Receipts of whole blocks are asked for, because a transaction of ours that failed leaves nothing
else behind; which fills one is about stands in its own bytes, which are asked for where they are
not known from signing it. A node that has no receipts of whole blocks is asked for the blocks with
their transactions, and for the receipts of ours. A block that is gone meanwhile makes the whole
reading unavailable, and the reader looks again.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from outcry.adapters.evm.failures import failure_of
from outcry.adapters.evm.matching import SETTLEMENT, MatchCall, read_match
from outcry.adapters.evm.rpc import Call, Rpc, RpcError
from outcry.adapters.evm.wire import answered, quantity, unhex
from outcry.ports.chain import NOBODY, Block, ChainEvent, ChainUnavailable, Failure


#: Blocks that are asked for in one request.
FULL_BLOCKS_COUNT_MAX: Final = 20
#: Transactions whose fills are remembered: those that may wait, several times over.
KNOWN_COUNT_MAX: Final = 4_096
_SETTLED_TOPIC: Final = "0x" + SETTLEMENT.topic("Settled").hex()
#: An object in the JSON of an answer.
Json = dict[str, Any]


class Reader:
    """Reads the blocks of one contract."""

    def __init__(self, rpc: Rpc, settlement: str) -> None:
        self._rpc = rpc
        self._settlement = settlement.lower()
        #: What transactions settle, by their hashes; None: they are other calls.
        self._known: dict[str, MatchCall | None] = {}
        #: Whether the node may have receipts of whole blocks.
        self._whole = True

    def learn(self, tx_hash: str, data: bytes) -> MatchCall | None:
        """Remember and return what a transaction settles."""
        call = self._known[tx_hash] = read_match(data)
        if len(self._known) > KNOWN_COUNT_MAX:
            del self._known[next(iter(self._known))]
        return call

    async def events(self, blocks: Sequence[Block]) -> list[ChainEvent]:
        """Return what became of transactions of ours in *blocks*, named by their hashes."""
        events: list[ChainEvent] = []
        for start in range(0, len(blocks), FULL_BLOCKS_COUNT_MAX):
            events += await self._events(blocks[start : start + FULL_BLOCKS_COUNT_MAX])
        return events

    async def _events(self, blocks: Sequence[Block]) -> list[ChainEvent]:
        receipts = await self._receipts(blocks)
        hashes = {block.hash for block in blocks}
        if any(receipt["blockHash"] not in hashes for receipt in receipts):
            raise ChainUnavailable("a block was replaced while it was read")
        calls = await self._calls([receipt["transactionHash"] for receipt in receipts])
        return [
            await self._event(call, receipt)
            for call, receipt in zip(calls, receipts, strict=True)
            if call is not None
        ]

    async def _receipts(self, blocks: Sequence[Block]) -> list[Json]:
        """Return the receipts of what was sent to the contract, in the order of the chain."""
        if not self._whole:
            return await self._receipts_singly(blocks)
        said = await self._rpc.batch([Call("eth_getBlockReceipts", [b.hash]) for b in blocks])
        if any(isinstance(one, RpcError) and one.unknown for one in said):
            self._whole = False
            return await self._receipts_singly(blocks)
        found = _there(blocks, said)
        return [one for block in found for one in self._ours(block)]

    async def _receipts_singly(self, blocks: Sequence[Block]) -> list[Json]:
        calls = [Call("eth_getBlockByHash", [block.hash, True]) for block in blocks]
        found = _there(blocks, await self._rpc.batch(calls))
        sent = [one for block in found for one in self._ours(block["transactions"])]
        for one in sent:
            self.learn(one["hash"], unhex(one["input"]))
        asked = [Call("eth_getTransactionReceipt", [one["hash"]]) for one in sent]
        receipts = [answered(one) for one in await self._rpc.batch(asked)]
        for one, receipt in zip(sent, receipts, strict=True):
            if receipt is None or receipt["blockHash"] != one["blockHash"]:
                raise ChainUnavailable(f"{one['hash']} left its block while it was read")
        return receipts

    def _ours(self, found: Sequence[Json]) -> Iterator[Json]:
        return (one for one in found if (one.get("to") or "").lower() == self._settlement)

    async def _calls(self, hashes: Sequence[str]) -> list[MatchCall | None]:
        """Return what these transactions of the contract settle."""
        calls = {one: self._known[one] for one in hashes if one in self._known}
        unknown = [one for one in hashes if one not in calls]
        for tx_hash, found in zip(unknown, await self._transactions(unknown), strict=True):
            calls[tx_hash] = self.learn(tx_hash, unhex(found["input"]))
        return [calls[tx_hash] for tx_hash in hashes]

    async def _transactions(self, hashes: Sequence[str]) -> list[Json]:
        calls = [Call("eth_getTransactionByHash", [tx_hash]) for tx_hash in hashes]
        found = [answered(one) for one in await self._rpc.batch(calls)]
        if None in found:
            raise ChainUnavailable("a transaction left its block while it was read")
        return found

    async def _event(self, call: MatchCall, receipt: Json) -> ChainEvent:
        gas_used, index = quantity(receipt["gasUsed"]), quantity(receipt["transactionIndex"])
        failure = None
        if quantity(receipt["status"]) == 0:
            failure = await self._failure(receipt, gas_used)
        elif not self._says_settled(receipt["logs"]):
            failure = Failure(0, "the contract did not say that it settled")
        block = Block(quantity(receipt["blockNumber"]), receipt["blockHash"])
        tx_hash = receipt["transactionHash"]
        return ChainEvent(
            block, index, tx_hash, call.trade_id, call.fills, failure, gas_used, call.content
        )

    def _says_settled(self, logs: Sequence[dict[str, Any]]) -> bool:
        return any(
            log["address"].lower() == self._settlement and log["topics"][:1] == [_SETTLED_TOPIC]
            for log in logs
        )

    async def _failure(self, receipt: Json, gas_used: int) -> Failure:
        """Return why a transaction failed, which no receipt says: from a trace, or by a call."""
        (sent,) = await self._transactions([receipt["transactionHash"]])
        if gas_used >= quantity(sent["gas"]):
            return Failure(NOBODY, "the transaction ran out of gas")
        options = {"tracer": "callTracer", "tracerConfig": {"onlyTopCall": True}}
        asked = Call("debug_traceTransaction", [sent["hash"], options])
        trace = (await self._rpc.batch([asked]))[0]
        if isinstance(trace, dict):
            return failure_of(unhex(trace.get("output") or ""))
        call = {name: sent[name] for name in ("from", "to", "gas")} | {"data": sent["input"]}
        again = (await self._rpc.batch([Call("eth_call", [call, receipt["blockNumber"]])]))[0]
        if isinstance(again, RpcError):
            return failure_of(again.output)
        return Failure(NOBODY, "it failed, and the node cannot say why")


def _there(blocks: Sequence[Block], said: Sequence[Any]) -> list[Any]:
    """Return what a node says of each of *blocks*; raises `ChainUnavailable` for one it lacks."""
    for block, one in zip(blocks, said, strict=True):
        if one is None or isinstance(one, RpcError):
            raise ChainUnavailable(f"the node has nothing of block {block.number}, {block.hash}")
    return list(said)
