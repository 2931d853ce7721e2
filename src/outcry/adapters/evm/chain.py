"""The port `Chain` on an EVM chain, by the JSON-RPC of one node and with one operator's key."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from outcry.adapters.evm.abi import address_text
from outcry.adapters.evm.blocks import block_of, blocks_of
from outcry.adapters.evm.failures import failure_of
from outcry.adapters.evm.gas import GWEI, gas_limit, offer, replacement
from outcry.adapters.evm.matching import (
    SETTLEMENT,
    content_of,
    match_data,
    match_size,
    number_on_chain,
)
from outcry.adapters.evm.reading import Reader
from outcry.adapters.evm.rpc import Call, Rpc, RpcError
from outcry.adapters.evm.signer import Signer, Transaction
from outcry.adapters.evm.taken import hand_over
from outcry.adapters.evm.wire import (
    Fields,
    answered,
    quantity,
    read_transaction,
    unhex,
)
from outcry.domain.errors import CorruptError
from outcry.messages.settlements import SettlementRequest
from outcry.ports.chain import (
    FREE,
    NOBODY,
    Block,
    Chain,
    ChainEvent,
    ChainUnavailable,
    Failure,
    Prepared,
    Price,
)


#: Blocks in which events are looked for by their topic, in one request.
SEARCH_BLOCKS_MAX: Final = 2_000
#: Gas of one simulated block: calls that need more are simulated in a further one.
SIMULATED_GAS_MAX: Final = 25_000_000
#: Gas of one request: geth gives so much to all of its calls together (``--rpc.gascap``).
SIMULATED_GAS: Final = 50_000_000
#: For who makes the block, where the node does not say what is usual.
TIP_WEI: Final = GWEI
_SETTLED_TOPIC: Final = "0x" + SETTLEMENT.topic("Settled").hex()


class EvmTerms(NamedTuple):
    """What a chain is used with."""

    chain_id: int
    #: 20 bytes.
    settlement: bytes
    #: Nothing of ours is in a block below it.
    deployed_block: int = 0
    #: The most that a unit of gas may cost.
    ceiling_wei: int = 500 * GWEI
    #: Gas limits of what is simulated in one request, together; one transaction always is.
    simulated_gas: int = SIMULATED_GAS


class EvmChain(Chain):
    """A chain on which one operator settles."""

    def __init__(self, rpc: Rpc, signer: Signer, terms: EvmTerms) -> None:
        self._rpc = rpc
        self._signer = signer
        self._terms = terms
        self._operator = address_text(signer.address)
        self._settlement = address_text(terms.settlement)
        self._reader = Reader(rpc, self._settlement)
        #: Whether the node knows ``eth_simulateV1``; None: it was not asked yet.
        self._simulates: bool | None = None

    # --- reading --------------------------------------------------------------------------------

    async def head(self) -> Block:
        """Return the newest block."""
        return block_of(await self._ask("eth_getBlockByNumber", "latest", False))  # noqa: FBT003 - JSON-RPC has no names

    async def blocks(self, first: int, last: int) -> list[Block]:
        """Return these blocks as far as there are; an unbroken run of them from *first*."""
        return await blocks_of(self._rpc, first, last)

    async def events(self, blocks: Sequence[Block]) -> list[ChainEvent]:
        """Return what became of our transactions in these blocks."""
        return await self._reader.events(blocks)

    async def nonce(self) -> int:
        """Return the lowest nonce that nothing in a block or waiting has."""
        return quantity(await self._ask("eth_getTransactionCount", self._operator, "pending"))

    async def used(self, block: int) -> int:
        """Return the lowest nonce that nothing in blocks up to *block* has."""
        return quantity(await self._ask("eth_getTransactionCount", self._operator, hex(block)))

    async def settled(self, trade_id: int, fill: int, first: int) -> ChainEvent | None:
        """Return what settled a part; the contract says whether, its event where."""
        number = number_on_chain(trade_id, fill)
        call = {"to": self._settlement, "data": _hex(SETTLEMENT.call("isSettled", number))}
        (known,) = SETTLEMENT.result(
            "isSettled", unhex(await self._ask("eth_call", call, "latest"))
        )
        if not known:
            return None
        head = await self.head()
        lowest = max(first, self._terms.deployed_block, 0)
        for last in range(head.number, lowest - 1, -SEARCH_BLOCKS_MAX):
            event = await self._settled_in(max(lowest, last - SEARCH_BLOCKS_MAX + 1), last, number)
            if event is not None:
                return event
        raise ChainUnavailable(f"part {number} is settled, but no block from {lowest} on says so")

    async def _settled_in(self, first: int, last: int, number: int) -> ChainEvent | None:
        sought = {
            "address": self._settlement,
            "fromBlock": hex(first),
            "toBlock": hex(last),
            "topics": [_SETTLED_TOPIC, _hex(number.to_bytes(32, "big"))],
        }
        for log in await self._ask("eth_getLogs", sought):
            # The search is a hint: what counts is what the block holds now.
            block = Block(quantity(log["blockNumber"]), str(log["blockHash"]))
            for event in await self.events([block]):
                found = number_on_chain(event.trade_id, event.fills[0])
                if event.failure is None and found == number:
                    return event
        return None

    # --- sending --------------------------------------------------------------------------------

    async def price(self, before: Price | None = None) -> Price:
        """Return what to offer now, or in place of *before*."""
        head, usual = await self._rpc.batch(
            [Call("eth_getBlockByNumber", ["latest", False]), Call("eth_maxPriorityFeePerGas")]
        )
        base_fee = quantity(answered(head).get("baseFeePerGas", "0x0"))
        tip = TIP_WEI if isinstance(usual, RpcError) else quantity(usual)
        ceiling = self._terms.ceiling_wei
        now = offer(base_fee, tip, ceiling)
        return now if before is None else replacement(now, before, ceiling)

    def prepare(
        self, request: SettlementRequest, fills: Sequence[int], nonce: int, price: Price = FREE
    ) -> Prepared:
        """Return the signed transaction that settles *fills*."""
        data = match_data(request, fills)
        signed = self._signer.sign(
            Transaction(
                self._terms.chain_id,
                nonce,
                self._terms.settlement,
                data,
                gas_limit(match_size(request, fills)),
                price.max_fee,
                price.tip,
            )
        )
        prepared = Prepared(_hex(signed.tx_hash), signed.raw)
        self._reader.learn(prepared.tx_hash, data)
        return prepared

    def content(self, request: SettlementRequest, fills: Sequence[int]) -> bytes:
        """Return by what a call that settles *fills* is known."""
        return content_of(match_data(request, fills))

    async def simulate(self, transactions: Sequence[bytes]) -> list[Failure | None]:
        """Return what would become of transactions, one after the other."""
        calls = self._at_once([read_transaction(raw) for raw in transactions])
        found = await self._simulated(calls) if self._simulates is not False else None
        if found is None:
            found = await self._called(calls)
        blamed = [failure for failure in found if failure and failure.leg == NOBODY]
        if blamed:
            raise ChainUnavailable(f"nothing settles at present: {blamed[0].reason}")
        return found

    def _at_once(self, calls: list[Fields]) -> list[Fields]:
        """Return as many of the first *calls* as the node simulates in one request."""
        gas = 0
        for count, call in enumerate(calls):
            gas += call.gas
            if count and gas > self._terms.simulated_gas:
                return calls[:count]
        return calls

    async def _simulated(self, calls: list[Fields]) -> list[Failure | None] | None:
        """Return what one `eth_simulateV1` says; None where the node has none."""
        blocks: list[list[Fields]] = [[]]
        for call in calls:
            if blocks[-1] and sum(one.gas for one in blocks[-1]) + call.gas > SIMULATED_GAS_MAX:
                blocks.append([])
            blocks[-1].append(call)
        states = [{"calls": [self._call(call) for call in block]} for block in blocks]
        try:
            said = await self._rpc.call("eth_simulateV1", {"blockStateCalls": states}, "latest")
        except RpcError as error:
            if error.unknown:
                self._simulates = False
                return None
            raise ChainUnavailable(str(error)) from error
        self._simulates = True
        results = [result for block in said for result in block["calls"]]
        if len(results) != len(calls):
            raise ChainUnavailable(f"{len(calls)} calls simulated, {len(results)} answers")
        return [_failure(result) for result in results]

    async def _called(self, calls: list[Fields]) -> list[Failure | None]:
        """Return what each call says upon what is pending: no call sees the one before it."""
        asked = [Call("eth_call", [self._call(call), "pending"]) for call in calls]
        found: list[Failure | None] = []
        for said in await self._rpc.batch(asked):
            if isinstance(said, RpcError) and not _reverted(said):
                raise ChainUnavailable(str(said)) from said
            found.append(failure_of(said.output) if isinstance(said, RpcError) else None)
        return found

    def _call(self, call: Fields) -> dict[str, str]:
        to, data, gas = _hex(call.to), _hex(call.data), hex(call.gas)
        return {"from": self._operator, "to": to, "data": data, "gas": gas}

    async def send(self, *raws: bytes) -> None:
        """Hand over transactions; one that is there, or whose place is taken, is no failure."""
        await hand_over(self._rpc, raws)

    async def close(self) -> None:
        """Let go of the node."""
        await self._rpc.close()

    async def _ask(self, method: str, *params: Any) -> Any:  # noqa: ANN401 - JSON
        return answered((await self._rpc.batch([Call(method, params)]))[0])


def _failure(result: dict[str, Any]) -> Failure | None:
    """Return what a simulated call says."""
    if quantity(result["status"]) == 1:
        return None
    error = result.get("error") or {}
    output = error.get("data") or result.get("returnData") or ""
    if not isinstance(output, str):
        raise CorruptError(f"a simulated call failed with {output!r}")
    return failure_of(unhex(output))


def _reverted(error: RpcError) -> bool:
    return bool(error.data) or "revert" in error.message.lower()


def _hex(content: bytes) -> str:
    return "0x" + content.hex()
