"""The node of Hardhat, which is another program than anvil, behind what a stage calls its node.

``OUTCRY_HARDHAT`` is a folder with hardhat in its ``node_modules``; see `make chain-hardhat`.
"""

import json
import os
import shutil
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

import httpx
from tests.support.ports import free_port

from outcry.adapters.evm.devnet import CHAIN_ID


FOLDER: Final = os.environ.get("OUTCRY_HARDHAT", "")
NODE: Final = shutil.which("node") or ""
START_SECONDS_MAX: Final = 60.0
CONFIG: Final = f"""
module.exports = {{ solidity: "0.8.24", networks: {{ hardhat: {{
  chainId: {CHAIN_ID}, hardfork: "cancun", blockGasLimit: 300000000, accounts: [],
  initialBaseFeePerGas: 1000000000 }} }} }};
"""


class HardhatNode:
    """A node that runs until `stop`; what anvil calls by its own name it has by Hardhat's."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._node: subprocess.Popen[bytes] | None = None
        self._door: ThreadingHTTPServer | None = None
        self._client = httpx.Client(trust_env=False, timeout=60)
        self.url = ""

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self._folder.mkdir(parents=True, exist_ok=True)
        config = self._folder / "hardhat.config.js"
        config.write_text(CONFIG)
        (self._folder / "package.json").write_text("{}")
        modules = self._folder / "node_modules"
        if not modules.exists():
            modules.symlink_to(Path(FOLDER) / "node_modules")
        port = free_port()
        program = modules / "hardhat/internal/cli/cli.js"
        with (self._folder / "hardhat.log").open("wb") as log:
            self._node = subprocess.Popen(
                [NODE, program, "--config", config, "node", "--port", str(port)],
                cwd=self._folder, stdout=log, stderr=log, env=os.environ | {"CI": "1"},
            )  # fmt: skip
        behind = f"http://127.0.0.1:{port}"
        self._door = ThreadingHTTPServer(("127.0.0.1", 0), _handler(behind, self._client))
        threading.Thread(target=self._door.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._door.server_address[1]}"
        end = time.monotonic() + START_SECONDS_MAX
        while time.monotonic() < end:
            try:
                httpx.post(behind, json=[], trust_env=False)
            except httpx.HTTPError:
                time.sleep(0.2)
            else:
                return
        raise TimeoutError((self._folder / "hardhat.log").read_text())

    def stop(self) -> None:
        """End it."""
        if self._door:
            self._door.shutdown()
            self._door.server_close()
            self._client.close()
        if self._node:
            self._node.terminate()
            self._node.wait()


def _handler(behind: str, client: httpx.Client) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            calls = asked if isinstance(asked, list) else [asked]
            for call in calls:
                call["method"] = call["method"].replace("anvil_", "hardhat_")
            said: Any = client.post(behind, json=asked).content
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler
