"""Transactions of one key, one after the other: for deploying, funding and looking around.

It waits for each to be in a block. The operator of an exchange that settles does not send this way.
"""

import asyncio
from typing import Any, Final, NamedTuple

from outcry.adapters.evm.abi import Interface, Reverted, address_text
from outcry.adapters.evm.rpc import Rpc, RpcError
from outcry.adapters.evm.signer import Signer, Transaction
from outcry.domain.errors import OutcryError


#: How long a transaction may take to get into a block, and the pause between two looks.
BLOCK_SECONDS_MAX: Final = 180.0
LOOK_SECONDS: Final = 0.05
#: Of the estimate, in percent: what a call costs may grow before it is in a block.
GAS_PERCENT: Final = 125
#: Of the newest block's base fee: what we would pay at most.
FEE_TIMES: Final = 3
TIP_WEI: Final = 1_000_000_000


class NotSettled(OutcryError):
    """A transaction would fail, failed, or did not get into a block in time."""


class Receipt(NamedTuple):
    """A transaction that did what it should."""

    tx_hash: str
    block: int
    gas_used: int
    #: 20 bytes; None: it created nothing.
    contract: bytes | None
    logs: list[dict[str, Any]]


class Sender:
    """Sends for one key to one chain; not for two tasks at once."""

    def __init__(self, rpc: Rpc, signer: Signer, chain_id: int) -> None:
        self.rpc = rpc
        self.signer = signer
        self.chain_id = chain_id

    async def create(self, code: bytes) -> Receipt:
        """Create a contract; raises `NotSettled`."""
        return await self._sent(None, code, Interface([]))

    async def call(self, to: bytes, interface: Interface, name: str, *values: Any) -> Receipt:  # noqa: ANN401 - whatever the contract takes
        """Call *name* of the contract at *to*; raises `NotSettled` with what it reverted with."""
        return await self._sent(to, interface.call(name, *values), interface)

    async def view(self, to: bytes, interface: Interface, name: str, *values: Any) -> Any:  # noqa: ANN401 - as above
        """Return what a view answers: its only value, or a tuple of several."""
        call = {"to": address_text(to), "data": "0x" + interface.call(name, *values).hex()}
        data = await self.rpc.call("eth_call", call, "latest")
        answer = interface.result(name, bytes.fromhex(data[2:]))
        return answer[0] if len(answer) == 1 else answer

    async def _sent(self, to: bytes | None, data: bytes, interface: Interface) -> Receipt:
        mine = address_text(self.signer.address)
        call = {"from": mine, "data": "0x" + data.hex()}
        if to is not None:
            call["to"] = address_text(to)
        try:
            gas = int(await self.rpc.call("eth_estimateGas", call), 16)
            nonce = int(await self.rpc.call("eth_getTransactionCount", mine, "pending"), 16)
            fee = await self._fee()
            tx = Transaction(
                self.chain_id, nonce, to, data, gas * GAS_PERCENT // 100, fee, min(TIP_WEI, fee)
            )
            signed = self.signer.sign(tx)
            await self.rpc.call("eth_sendRawTransaction", "0x" + signed.raw.hex())
        except RpcError as error:
            raise NotSettled(_said(error, interface)) from error
        return await self._receipt("0x" + signed.tx_hash.hex())

    async def _fee(self) -> int:
        block = await self.rpc.call("eth_getBlockByNumber", "latest", False)  # noqa: FBT003 - JSON-RPC has no names
        return FEE_TIMES * int(block.get("baseFeePerGas", "0x0"), 16) + TIP_WEI

    async def _receipt(self, tx_hash: str) -> Receipt:
        for _ in range(int(BLOCK_SECONDS_MAX / LOOK_SECONDS)):
            said = await self.rpc.call("eth_getTransactionReceipt", tx_hash)
            if said is not None:
                return _receipt(said)
            await asyncio.sleep(LOOK_SECONDS)
        raise NotSettled(f"{tx_hash} is in no block after {BLOCK_SECONDS_MAX:.0f} s")


def _receipt(said: dict[str, Any]) -> Receipt:
    tx_hash = said["transactionHash"]
    if int(said["status"], 16) != 1:
        raise NotSettled(f"{tx_hash} failed in block {int(said['blockNumber'], 16)}")
    created = said.get("contractAddress")
    return Receipt(
        tx_hash,
        int(said["blockNumber"], 16),
        int(said["gasUsed"], 16),
        bytes.fromhex(created[2:]) if created else None,
        said["logs"],
    )


def _said(error: RpcError, interface: Interface) -> str:
    if not error.output:
        return str(error)
    reverted: Reverted = interface.reverted(error.output)
    return f"the contract declines: {reverted.name}{reverted.values}"
