"""A proxy before a node that stops at one moment of one transaction's life, until it is told.

Whoever sends through it can be killed exactly there: what it had asked for was done or not, as the
moment says, and it never heard an answer.
"""

import threading
from contextlib import suppress
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, Self, cast

import httpx
import msgspec

from outcry.adapters.evm.wire import read_transaction
from outcry.runtime.eip712 import keccak256


SEND: Final = "eth_sendRawTransaction"
WAIT_SECONDS_MAX: Final = 240


class Moment(Enum):
    """Where a transaction is when its sender is held."""

    #: Signed and about to leave: the node has not seen it.
    SIGNED = "signed"
    #: The node has it, and its answer is withheld.
    SENT = "sent"
    #: The node has it and said so; the next question is withheld from it.
    TOLD = "told"
    #: It is in a block, and the first answer that says so is withheld.
    MINED = "mined"


class Trap:
    """The next transaction that calls something, and the moment at which it is held."""

    def __init__(self, moment: Moment, selector: bytes) -> None:
        """*selector* is the first four bytes of what it calls."""
        self.moment = moment
        self.selector = selector
        #: The transaction, once it came by; how nodes write its hash.
        self.raw = b""
        self.tx_hash = ""
        #: Whether its sender knows that the node has it.
        self.told = False
        self.held = threading.Event()

    def caught(self) -> bytes:
        """Return the transaction once its sender is held."""
        assert self.held.wait(WAIT_SECONDS_MAX), f"nothing was held when {self.moment.value}"
        return self.raw

    def sees(self, raws: list[bytes]) -> bool:
        """Whether one of these, which are being sent, is the transaction."""
        for raw in raws:
            if not self.raw and read_transaction(raw).data[:4] == self.selector:
                self.raw, self.tx_hash = raw, f"0x{keccak256(raw).hex()}"
        return bool(self.raw) and self.raw in raws


class HoldingNode:
    """Listens on a free port of this machine while it is entered."""

    def __init__(self) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._server.daemon_threads = True
        self._server.node = self  # type: ignore[attr-defined]
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self.behind = ""
        self._client = httpx.Client(timeout=30, trust_env=False)
        self._turn = threading.Lock()
        self._traps: list[Trap] = []
        self._freed = threading.Event()

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._freed.set()
        self._server.shutdown()
        self._server.server_close()
        self._client.close()

    def hold(self, *traps: Trap) -> None:
        """Be ready for the next transaction of each trap."""
        self._freed.clear()
        self._traps = list(traps)

    def free(self) -> None:
        """Hold nothing any more; what was held is never answered."""
        self._traps = []
        self._freed.set()

    # --- one request ----------------------------------------------------------------------------

    def answer(self, asked: bytes) -> bytes | None:
        """Return what the node says; None: hang up without a word."""
        raws, traps = _sent(asked), self._traps
        with self._turn:
            sending = [trap for trap in traps if trap.sees(raws)]
        told = [trap for trap in traps if trap.told]
        if self._stops(Moment.SIGNED, sending) or self._stops(Moment.TOLD, told):
            return None
        said = self._client.post(
            self.behind, content=asked, headers={"Content-Type": "application/json"}
        ).content
        named = [trap for trap in traps if trap.raw and trap.tx_hash.encode() in said]
        mined = [trap for trap in named if trap not in sending]
        if self._stops(Moment.SENT, sending) or self._stops(Moment.MINED, mined):
            return None
        for trap in sending:
            trap.told = True
        return said

    def _stops(self, moment: Moment, traps: list[Trap]) -> bool:
        """Hold the request that waits here if it is the moment of one of *traps*; whether."""
        stops = [trap for trap in traps if trap.moment == moment]
        for trap in stops:
            trap.held.set()
        if stops:
            self._freed.wait(WAIT_SECONDS_MAX)
        return bool(stops)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        node = cast("HoldingNode", self.server.node)  # type: ignore[attr-defined]
        asked = self.rfile.read(int(self.headers["Content-Length"]))
        said = node.answer(asked)
        if said is None:
            self.close_connection = True
            return
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def handle(self) -> None:
        """Answer until whoever asked is gone, as one who was killed is."""
        with suppress(OSError, httpx.HTTPError):
            super().handle()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


def _sent(asked: bytes) -> list[bytes]:
    """Return the transactions that a request sends."""
    said = msgspec.json.decode(asked)
    calls = said if isinstance(said, list) else [said]
    return [bytes.fromhex(call["params"][0][2:]) for call in calls if call["method"] == SEND]
