"""Reading: what blocks hold of ours, found by their hashes.

Each block is read with its transactions, because one of ours that failed leaves no event behind.
What settled is told by the contract's own events, asked for by the block's hash; a block that is
gone meanwhile makes the whole reading unavailable, and the reader looks again.
"""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from outcry.adapters.evm.failures import failure_of
from outcry.adapters.evm.matching import SETTLEMENT, MatchCall, read_match
from outcry.adapters.evm.rpc import Call, Rpc, RpcError
from outcry.adapters.evm.wire import answered, quantity, unhex
from outcry.ports.chain import NOBODY, Block, ChainEvent, ChainUnavailable, Failure


#: Blocks whose transactions are asked for in one request.
FULL_BLOCKS_COUNT_MAX: Final = 20
_SETTLED_TOPIC: Final = "0x" + SETTLEMENT.topic("Settled").hex()


class _Sent(NamedTuple):
    """A transaction of ours in a block."""

    block: Block
    tx_hash: str
    call: MatchCall
    gas: int
    sender: str
    data: str


class Reader:
    """Reads the blocks of one contract."""

    def __init__(self, rpc: Rpc, settlement: str) -> None:
        self._rpc = rpc
        self._settlement = settlement.lower()

    async def events(self, first: int, last: int) -> list[ChainEvent]:
        """Return what became of transactions of ours in blocks *first* to *last*."""
        events: list[ChainEvent] = []
        for start in range(first, last + 1, FULL_BLOCKS_COUNT_MAX):
            numbers = range(start, min(start + FULL_BLOCKS_COUNT_MAX, last + 1))
            events += await self._events(numbers)
        return events

    async def _events(self, numbers: range) -> list[ChainEvent]:
        calls = [Call("eth_getBlockByNumber", [hex(number), True]) for number in numbers]
        found = [answered(one) for one in await self._rpc.batch(calls)]
        sent = [one for block in found if block is not None for one in self._sent(block)]
        if not sent:
            return []
        receipts = await self._rpc.batch(
            [Call("eth_getTransactionReceipt", [one.tx_hash]) for one in sent]
        )
        return [
            await self._event(one, answered(receipt))
            for one, receipt in zip(sent, receipts, strict=True)
        ]

    def _sent(self, block: dict[str, Any]) -> list[_Sent]:
        """Return the transactions in a block that settle parts."""
        where = Block(quantity(block["number"]), block["hash"])
        sent = []
        for one in block["transactions"]:
            if (one.get("to") or "").lower() != self._settlement:
                continue
            call = read_match(unhex(one["input"]))
            if call is not None:
                gas = quantity(one["gas"])
                sent.append(_Sent(where, one["hash"], call, gas, one["from"], one["input"]))
        return sent

    async def _event(self, one: _Sent, receipt: dict[str, Any] | None) -> ChainEvent:
        if receipt is None or receipt["blockHash"] != one.block.hash:
            raise ChainUnavailable(f"block {one.block.number} was replaced while it was read")
        gas_used, index = quantity(receipt["gasUsed"]), quantity(receipt["transactionIndex"])
        failure = None
        if quantity(receipt["status"]) == 0:
            failure = await self._failure(one, gas_used)
        elif not self._says_settled(receipt["logs"]):
            failure = Failure(0, "the contract did not say that it settled")
        return ChainEvent(
            one.block, index, one.tx_hash, *one.call, failure=failure, gas_used=gas_used
        )

    def _says_settled(self, logs: Sequence[dict[str, Any]]) -> bool:
        return any(
            log["address"].lower() == self._settlement and log["topics"][:1] == [_SETTLED_TOPIC]
            for log in logs
        )

    async def _failure(self, one: _Sent, gas_used: int) -> Failure:
        """Return why a transaction failed, which no receipt says: from a trace, or by a call."""
        if gas_used >= one.gas:
            return Failure(NOBODY, "the transaction ran out of gas")
        options = {"tracer": "callTracer", "tracerConfig": {"onlyTopCall": True}}
        trace = (await self._rpc.batch([Call("debug_traceTransaction", [one.tx_hash, options])]))[0]
        if isinstance(trace, dict):
            return failure_of(unhex(trace.get("output") or ""))
        call = {"from": one.sender, "to": self._settlement, "data": one.data, "gas": hex(one.gas)}
        again = (await self._rpc.batch([Call("eth_call", [call, hex(one.block.number)])]))[0]
        if isinstance(again, RpcError):
            return failure_of(again.output)
        return Failure(NOBODY, "it failed, and the node cannot say why")
