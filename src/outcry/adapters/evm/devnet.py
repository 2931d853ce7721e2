"""A development chain: anvil as a child process, its state in a file, its accounts made from names.

The accounts' keys follow from their names, so everybody has them: nothing on such a chain is worth
anything. The state is saved when the node is told to end, and every few seconds.
"""

import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Final, NamedTuple, Self

from outcry.adapters.evm.rpc import Call, Rpc
from outcry.adapters.evm.signer import Signer
from outcry.domain.errors import OutcryError
from outcry.runtime.eip712 import keccak256
from outcry.runtime.ports import free_port


CHAIN_ID: Final = 80_002
#: Room for two hundred matches of twenty makers in a block.
GAS_LIMIT: Final = 300_000_000
STATE_FILE: Final = "anvil-state.json"
LOCK_FILE: Final = "node.lock"
STATE_SECONDS: Final = 5
START_SECONDS_MAX: Final = 20.0
STOP_SECONDS_MAX: Final = 20.0
#: What an account has for gas, in wei.
GAS_MONEY: Final = 10**24
_LOOK_SECONDS: Final = 0.02
HOST: Final = "127.0.0.1"
#: Somebody else may take the port that was free a moment ago.
STARTS_MAX: Final = 3
_LOG_TAIL_BYTES: Final = 2_000


class NodeFailed(OutcryError):
    """The node did not start; the message ends with what it said."""


class DevSettings(NamedTuple):
    """How a development chain runs."""

    program: Path
    #: Its log and its state.
    folder: Path
    chain_id: int = CHAIN_ID
    #: 0: any free one.
    port: int = 0
    #: 0: a block for each transaction.
    block_ms: int = 0
    #: Whether the chain goes on where it was.
    keeps: bool = False


def account(name: str) -> bytes:
    """Return the key of a development account."""
    return keccak256(b"outcry development account " + name.encode())


class DevNode:
    """A node that runs as long as the `with` block, or until `stop`."""

    def __init__(self, settings: DevSettings) -> None:
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None
        #: Open while the saved state is ours alone.
        self._lock: int | None = None
        self.log = settings.folder / "anvil.log"
        self.url = ""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """The node's process; 0 when it does not run."""
        return self._process.pid if self._process else 0

    def start(self) -> None:
        """Start the node and wait until it listens; raises `NodeFailed`."""
        self._settings.folder.mkdir(parents=True, exist_ok=True)
        self._take()
        if self._settings.port and _answers(self._settings.port):
            self.stop()
            raise NodeFailed(f"port {self._settings.port} is taken: --port names another")
        for _ in range(1 if self._settings.port else STARTS_MAX):
            self._take()
            port = self._settings.port or free_port(HOST)
            if self._listens(port):
                self.url = f"http://{HOST}:{port}"
                return
            self.stop()
        raise NodeFailed(self._reason())

    def stop(self) -> None:
        """End the node; its state is saved."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End the node at once; what it had not saved is lost."""
        self._end(signal.SIGKILL)

    def running(self) -> bool:
        """Whether the process is there."""
        return self._process is not None and self._process.poll() is None

    def _take(self) -> None:
        """Make sure that nobody else keeps a chain in this folder; raises `NodeFailed`."""
        if not self._settings.keeps or self._lock is not None:
            return
        path = self._settings.folder / LOCK_FILE
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            raise NodeFailed(
                f"a chain runs in {self._settings.folder} already: --data-dir names another folder"
            ) from None
        self._lock = file

    def _reason(self) -> str:
        """Return why the node did not start."""
        said = self.log.read_bytes()[-_LOG_TAIL_BYTES:].decode(errors="replace").strip()
        if self._settings.keeps and STATE_FILE in said:
            return (
                f"the chain in {self._settings.folder / STATE_FILE} cannot be read, as after a "
                "kill while it was saved: `outcry chain dev --fresh` begins a new one, which an "
                f"exchange on the old one cannot go on with. The node says: {said}"
            )
        return f"{self._settings.program} does not run: {said or 'it said nothing'}"

    def _end(self, number: signal.Signals) -> None:
        if self._process is not None:
            if self._process.poll() is None:
                self._process.send_signal(number)
            try:
                self._process.wait(STOP_SECONDS_MAX)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _listens(self, port: int) -> bool:
        with self.log.open("wb") as log:
            self._process = process = self._spawned(log, port)
        until = time.monotonic() + START_SECONDS_MAX
        while time.monotonic() < until and process.poll() is None:
            if _answers(port):
                return process.poll() is None
            time.sleep(_LOOK_SECONDS)
        return False

    def _spawned(self, log: IO[bytes], port: int) -> subprocess.Popen[bytes]:
        child = [sys.executable, "-m", "outcry.adapters.evm.child", str(os.getpid())]
        return subprocess.Popen(
            [*child, str(self._settings.program), *self._arguments(port)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=self._settings.folder,
            start_new_session=True,  # Ctrl-C is for us: we say when
        )

    def _arguments(self, port: int) -> list[str]:
        chosen = self._settings
        arguments = ["--silent", "--host", HOST, "--port", str(port)]
        arguments += ["--chain-id", str(chosen.chain_id), "--gas-limit", str(GAS_LIMIT)]
        arguments += ["--accounts", "1"]
        if chosen.block_ms:
            arguments += ["--block-time", f"{chosen.block_ms / 1000:g}"]
        if chosen.keeps:
            arguments += ["--state", STATE_FILE, "--state-interval", str(STATE_SECONDS)]
        return arguments


def _answers(port: int) -> bool:
    try:
        with socket.create_connection((HOST, port), timeout=1):
            return True
    except OSError:
        return False


async def fund(rpc: Rpc, addresses: Sequence[bytes]) -> None:
    """Give accounts of a development chain money for gas."""
    amount = hex(GAS_MONEY)
    calls = [Call("anvil_setBalance", ["0x" + one.hex(), amount]) for one in addresses]
    for answer in await rpc.batch(calls):
        if isinstance(answer, Exception):
            raise answer


def signer(name: str) -> Signer:
    """Return the development account *name*."""
    return Signer(account(name))
