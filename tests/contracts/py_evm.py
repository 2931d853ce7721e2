"""A second EVM, py-evm, which has nothing in common with revm: the specification in Python.

It answers to what `tests.contracts.world` asks of pyrevm. ``OUTCRY_EVM=py-evm`` chooses it.
"""

from typing import Any, Final, NamedTuple

from eth._utils.address import generate_contract_address
from eth.constants import BLANK_ROOT_HASH, CREATE_CONTRACT_ADDRESS
from eth.db.atomic import AtomicDB
from eth.vm.execution_context import ExecutionContext
from eth.vm.forks.cancun import CancunVM
from eth.vm.message import Message
from eth.vm.transaction_context import BaseTransactionContext


GAS: Final = 2**60
ZERO: Final = b"\0" * 20


class Log(NamedTuple):
    """What a contract wrote."""

    address: str
    #: Topics and data.
    data: tuple[list[bytes], bytes]


class Result(NamedTuple):
    """What the last call left."""

    logs: list[Log]


class EVM:
    """A chain of one block."""

    def __init__(self, env: Any, *, gas_limit: int, spec_id: str) -> None:  # noqa: ARG002 - as pyrevm
        self._chain_id = env.cfg.chain_id
        state_class = CancunVM.get_state_class()
        self._state = state_class(AtomicDB(), self._context(env.block), BLANK_ROOT_HASH)
        self.result: Result | None = None

    def _context(self, block: Any) -> ExecutionContext:
        return ExecutionContext(
            ZERO, int(block.timestamp), int(block.number), 0, b"\0" * 32, GAS, (), self._chain_id,
            0, 0,
        )  # fmt: skip

    def set_block_env(self, block: Any) -> None:
        """Go on in another block."""
        self._state.execution_context = self._context(block)

    def set_balance(self, address: str, wei: int) -> None:
        """Give somebody wei."""
        self._state.set_balance(_bytes(address), wei)

    def reset_transient_storage(self) -> None:
        """Begin another transaction."""
        self._state.clear_transient_storage()
        self._state.lock_changes()

    def snapshot(self) -> Any:
        """Return where everything stands."""
        return self._state.snapshot()

    def revert(self, checkpoint: Any) -> None:
        """Go back there."""
        self._state.revert(checkpoint)

    def deploy(self, *, deployer: str, code: bytes) -> str:
        """Create a contract; returns its address."""
        who = _bytes(deployer)
        self.reset_transient_storage()
        nonce = self._state.get_nonce(who)
        self._state.increment_nonce(who)
        where = generate_contract_address(who, nonce)
        message = Message(GAS, CREATE_CONTRACT_ADDRESS, who, 0, b"", code, create_address=where)
        self._run("apply_create_message", message)
        return f"0x{where.hex()}"

    def message_call(
        self, *, caller: str, to: str, calldata: bytes, is_static: bool = False
    ) -> bytes:
        """Call a contract; raises RuntimeError with what it reverted with."""
        who, where = _bytes(caller), _bytes(to)
        code = self._state.get_code(where)
        message = Message(GAS, where, who, 0, calldata, code, is_static=is_static)
        return self._run("apply_message", message)

    def _run(self, how: str, message: Message) -> bytes:
        context = BaseTransactionContext(0, message.sender)
        computation = getattr(self._state.computation_class, how)(self._state, message, context)
        if computation.is_error:
            raise RuntimeError(f"output: 0x{bytes(computation.output).hex()}")
        logs = [
            Log(f"0x{address.hex()}", ([topic.to_bytes(32, "big") for topic in topics], data))
            for address, topics, data in computation.get_log_entries()
        ]
        if not message.is_static:
            self.result = Result(logs)
        return bytes(computation.output)


def _bytes(address: str) -> bytes:
    return bytes.fromhex(address.removeprefix("0x"))
