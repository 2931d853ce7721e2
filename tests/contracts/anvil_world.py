"""The same world on a real node, where gas is what a transaction costs in full."""

import time
from pathlib import Path
from typing import Any

import httpx
from tests.contracts.world import CHAIN, Contract, Refused, World

from outcry.adapters.evm.abi import Interface, address_text
from outcry.adapters.evm.devnet import GAS_MONEY, DevNode, DevSettings
from outcry.adapters.evm.node_modules import anvil


#: The most that a transaction may have on recent chains is a little more.
CALL_GAS = 16_000_000
LOOKS_MAX = 1_000


class AnvilWorld(World):
    """A `World` on anvil; `gas` is what the last transaction used."""

    def __init__(self, folder: Path) -> None:
        self.gas = 0
        self._node = DevNode(DevSettings(anvil(), folder, chain_id=CHAIN))
        self._node.start()
        self._client = httpx.Client(trust_env=False, timeout=30)
        self._ask("anvil_autoImpersonateAccount", True)
        super().__init__()

    def close(self) -> None:
        """Stop the node."""
        self._client.close()
        self._node.stop()

    @property
    def url(self) -> str:
        """Where the node is asked."""
        return self._node.url

    def become(self, chain: int) -> None:
        """Give the chain another number."""
        self._ask("anvil_setChainId", chain)

    def _ask(self, method: str, *params: Any) -> Any:
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        said = self._client.post(self._node.url, json=body).json()
        if "error" in said:
            raise RuntimeError(f"{said['error']}")
        return said["result"]

    def _fund(self, address: bytes) -> None:
        self._ask("anvil_setBalance", address_text(address), hex(GAS_MONEY))

    def _created(self, interface: Interface, code: bytes) -> Contract:
        receipt = self._transaction({"from": self.owner.address, "data": code})
        return Contract(bytes.fromhex(receipt["contractAddress"][2:]), interface)

    def _sent(self, caller: bytes, contract: Contract, data: bytes) -> bytes:
        self._transaction({"from": caller, "to": contract.address, "data": data})
        return b""

    def _answer(self, contract: Contract, name: str, data: bytes) -> Any:
        return super()._answer(contract, name, data) if data else None

    def view(self, contract: Contract, name: str, *values: Any) -> Any:
        data = "0x" + contract.interface.call(name, *values).hex()
        answer = self._ask("eth_call", {"to": address_text(contract.address), "data": data})
        return self._answer(contract, name, bytes.fromhex(answer[2:]))

    def _transaction(self, fields: dict[str, bytes]) -> Any:
        call = {name: "0x" + value.hex() for name, value in fields.items()}
        tx_hash = self._ask("eth_sendTransaction", call | {"gas": hex(CALL_GAS)})
        receipt = None
        for _ in range(LOOKS_MAX):
            receipt = self._ask("eth_getTransactionReceipt", tx_hash)
            if receipt is not None:
                break
            time.sleep(0.005)
        assert receipt is not None, f"{tx_hash} is in no block"
        if int(receipt["status"], 16) != 1:
            raise Refused(self._reason(call))
        self.gas = int(receipt["gasUsed"], 16)
        return receipt

    def _reason(self, call: dict[str, str]) -> Any:
        body = {"jsonrpc": "2.0", "id": 1, "method": "eth_call", "params": [call]}
        said = self._client.post(self._node.url, json=body).json()
        output = bytes.fromhex(said.get("error", {}).get("data", "0x")[2:])
        return self.settlement.interface.reverted(output)
