"""An exchange whose trades settle on a real node, for clients of others."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.conformance.venue import CHAIN_ID, Place, until
from tests.support.ethereum import Account
from tests.support.exchange import Client, exchange

from outcry.adapters.evm.abi import address_of
from outcry.adapters.evm.artefacts import artefact
from outcry.adapters.evm.deployment import load
from outcry.adapters.evm.rpc import Rpc
from outcry.adapters.evm.sender import Sender
from outcry.adapters.evm.signer import Signer


MAIN = "from outcry.app.cli import main; main()"
MONEY = "collateral"
SETTINGS = {"OUTCRY_SETTLEMENT_CHAIN": "evm", "OUTCRY_SETTLEMENT_CONFIRMATIONS": "2"}


@dataclass
class ChainPlace(Place):
    """An exchange on a chain: money comes by a deposit into the contract."""

    folder: Path = Path()

    def fund(self, address: str, amount: str = "1000") -> None:
        """Deposit for an address, and wait until that is believed."""
        client = self.exchange.client(self.exchange.token(f"eth:{address.lower()}"))
        client.get("/api/user_data")
        self.outcry("chain", "faucet", address, amount, "--escrow")

    def funded(self, addresses: Sequence[str]) -> None:
        """Wait until what was deposited for addresses that have keys here is believed."""

        def all_there() -> bool:
            return all(
                float(self._visitor(one).get("/api/accounts")["accounts"][0]["balance"]) > 0
                for one in addresses
            )

        until(all_there)

    def _visitor(self, address: str) -> Client:
        return self.exchange.client(self.exchange.token(f"eth:{address.lower()}"))

    def wallet(self, key: str) -> str:
        """Put a wallet of *key* on the chain; returns its address."""
        return self.outcry("chain", "wallet", str(Account.from_key(key).address)).strip()

    def believed(self, address: str) -> bool:
        """Whether the ledger knows of something in the escrow of an address that nobody had."""
        users = self.operator.get("/api/admin/users")["users"]
        return any(one["external_id"] == f"eth:{address.lower()}" for one in users)

    def in_escrow(self, address: str) -> dict[str, int]:
        """Return what the contract holds for an address, in atomic units."""
        said = json.loads(self.outcry("chain", "escrow", address, "--json"))["held"]
        names = [f"outcome {one['outcome']}" if one["condition"] else MONEY for one in said]
        return dict(zip(names, [one["amount"] for one in said], strict=True))

    def names(self, key: str, wallet: str, *, sign: bool) -> None:
        """Have a wallet let its owner's key sign for it, or no longer."""
        deployed, owner = load(self.folder), Signer(bytes.fromhex(key[2:]))
        call = artefact("settlement").interface.call("setSigner", owner.address, sign)

        async def send() -> None:
            async with Rpc(deployed.rpc_url) as rpc:
                sender, interface = Sender(rpc, owner, CHAIN_ID), artefact("wallet").interface
                target = address_of(deployed.settlement)
                await sender.call(address_of(wallet), interface, "execute", target, call)

        asyncio.run(send())

    def user(self, key: str) -> Client:
        """Return a client of `/api` for who signs in with *key*."""
        address = Account.from_key(key).address.lower()
        return self.exchange.client(self.exchange.token(f"eth:{address}"))

    def outcry(self, *words: str) -> str:
        """Run a command of ours on the data folder; returns what it said."""
        command = [sys.executable, "-c", MAIN, *words, "--data-dir", str(self.folder)]
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=120, check=False,
            env={**os.environ, **SETTINGS},
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@contextmanager
def chain_place(folder: Path) -> Iterator[ChainPlace]:
    """Give an exchange beside a development chain with a block each half second."""
    with exchange(folder, **SETTINGS) as made:
        data = made.data_dir
        command = [sys.executable, "-c", MAIN, "chain", "dev", "--port", "0", "--block-ms", "500"]
        with subprocess.Popen(
            [*command, "--data-dir", str(data)], stdout=subprocess.PIPE, text=True
        ) as node:
            assert node.stdout is not None
            for line in node.stdout:
                if "Ctrl-C" in line:
                    break
            try:
                made.start()
                made.wait_ready()
                addresses = made.record().addresses
                operator = made.client(made.token("root", admin=True))
                http, feeds = f"http://{addresses['http']}", f"ws://{addresses['feeds']}"
                yield ChainPlace(made, http, feeds, operator, data)
                made.stop()
            finally:
                node.terminate()
