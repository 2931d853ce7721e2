"""A real exchange beside a real node, whose sender is held at a moment and killed there."""

import asyncio
import itertools
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx
from tests.support.exchange import Exchange, exchange, wait_until
from tests.support.holding_node import HoldingNode, Moment, Trap

from outcry.adapters.evm.abi import address_of, address_text
from outcry.adapters.evm.deployment import Deployment
from outcry.adapters.evm.devnet import fund, signer
from outcry.adapters.evm.matching import SETTLEMENT
from outcry.adapters.evm.rpc import Rpc
from outcry.adapters.evm.sender import Sender
from outcry.app.chain.dev import FAUCET, Wanted, dev_node, prepared
from outcry.app.chain.faucet import give
from outcry.app.demo.chain.orders import Wish, signed_body
from outcry.runtime.eip712 import Domain, separator
from outcry_sdk import Client, Credentials, NewMarket
from outcry_sdk.models import Market


CHAIN_ID: Final = 80_002
BLOCK_MS: Final = 250
MICROS: Final = 10**6
MONEY: Final = 10_000
BUY: Final = 0
LOTS: Final = 1_000
#: Of what is paid out, in units of collateral.
PAID: Final = 3
TRADE: Final = SETTLEMENT.selector("matchOrders")
PAYMENT: Final = SETTLEMENT.selector("payOut")
SPLIT: Final = SETTLEMENT.selector("splitFor")
PEOPLE: Final = ("ann", "bob")
#: What each pays for a share, in ticks.
PRICES: Final = (6_000, 4_000)


@dataclass
class Scene:
    """Two people on one market, and everything that they asked for."""

    made: Exchange
    node: HoldingNode
    deployed: Deployment
    domain: bytes
    operator: Client
    people: dict[str, Client] = field(default_factory=dict)
    users: dict[str, int] = field(default_factory=dict)
    #: Number of the event, and its market; known from `begin` on.
    event_id: int = 0
    market: Market | None = None
    trades: int = 0
    payments: int = 0
    splits: int = 0
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(time.time_ns()))

    def begin(self) -> None:
        """List a market; both have money in escrow."""
        for name in PEOPLE:
            address = address_text(signer(name).address)
            self.users[name] = self.operator.create_user(name, address=address).user_id
            self.people[name] = client(self.made, name)
        wanted = [NewMarket(market_identifier="rain", question="Will it rain?")]
        self.event_id = self.operator.create_event("weather", "Weather", wanted).event_id
        asyncio.run(self._deposits())
        wait_until(self._is_open)
        wait_until(lambda: all(self.money(name) == MONEY * MICROS for name in PEOPLE))

    def _is_open(self) -> bool:
        markets = self.operator.event_detail(self.event_id).markets
        self.market = markets[0] if markets else None
        return self.market is not None and self.market.state == "open"

    async def _deposits(self) -> None:
        async with Rpc(self.deployed.rpc_url) as rpc:
            await fund(rpc, [signer(FAUCET).address])
            sender = Sender(rpc, signer(FAUCET), CHAIN_ID)
            for name in PEOPLE:
                who = signer(name).address
                await give(sender, self.deployed, who, MONEY * MICROS, escrow=True)

    # --- what they ask for ----------------------------------------------------------------------

    def does(self, selector: bytes) -> None:
        """Ask for something that has such a transaction."""
        {TRADE: self.trade, PAYMENT: self.withdraw, SPLIT: self.split}[selector]()

    def trade(self) -> None:
        """Both buy, one each outcome: complete sets are made."""
        assert self.market is not None, "begun"
        self.trades += 1
        for outcome, (name, price) in enumerate(zip(PEOPLE, PRICES, strict=True)):
            stamp = next(self._numbers), time.time_ns() // 1_000_000
            wish, place = Wish(outcome, BUY, LOTS, price), (self.event_id, self.market)
            self._post(
                name, "place_order", signed_body(wish, place, signer(name), self.domain, stamp)
            )

    def withdraw(self) -> None:
        """Ann has money paid out."""
        self.payments += 1
        self._post("ann", "withdrawals", {"amount": str(PAID)})

    def split(self) -> None:
        """Bob turns money into one pair of tokens."""
        assert self.market is not None, "begun"
        self.splits += 1
        self.people["bob"].split(self.market.market_id, 1)

    def _post(self, name: str, path: str, body: dict[str, Any]) -> None:
        who = self.people[name]
        headers = {"authorization": f"Bearer {who.credentials.token}"}
        headers["Idempotency-Key"] = str(next(self._numbers))
        said = httpx.post(f"{who.url}/api/{path}", json=body, headers=headers, trust_env=False)
        assert said.json()["code"] == 0, said.text

    # --- death ----------------------------------------------------------------------------------

    def killed_at(self, *moments: tuple[Moment, bytes]) -> None:
        """Hold senders at moments of their transactions, kill the process; another one goes on."""
        traps = [Trap(moment, selector) for moment, selector in moments]
        self.node.hold(*traps)
        for trap in traps:
            self.does(trap.selector)
        for trap in traps:
            assert trap.caught() in self.stored(), "it was to be stored before it was sent"
        before = self.made.processes()["edge"]
        self.made.kill("edge")
        for trap in traps:
            assert asyncio.run(self._known(trap.tx_hash)) == (trap.moment != Moment.SIGNED)
        self.node.free()
        self.made.wait_replaced("edge", before)
        self.made.wait_ready()

    def stored(self) -> bytes:
        """Return everything that the services keep in files."""
        folder = self.made.data_dir / "onchain"
        return b"".join(path.read_bytes() for path in folder.iterdir() if path.is_file())

    async def _known(self, tx_hash: str) -> bool:
        """Whether the node has ever seen a transaction."""
        async with Rpc(self.deployed.rpc_url) as rpc:
            return await rpc.call("eth_getTransactionByHash", tx_hash) is not None

    # --- the end --------------------------------------------------------------------------------

    def money(self, name: str) -> int:
        """Return somebody's collateral in micros, as the exchange has it."""
        return int(self.people[name].balance(self.users[name]) * MICROS)

    def wanted(self, name: str) -> int:
        """Return what somebody must have in the end."""
        price = PRICES[PEOPLE.index(name)]
        paid = self.payments * PAID if name == "ann" else self.splits
        return (MONEY - paid) * MICROS - self.trades * LOTS * price

    def comes_out_even(self) -> None:
        """Everything that was asked for happened once, in the ledger and in the contracts."""
        for name in PEOPLE:
            wait_until(lambda name=name: self.money(name) == self.wanted(name))  # type: ignore[misc]
        wait_until(lambda: asyncio.run(self._counts()) == self._asked())
        time.sleep(3 * BLOCK_MS / 1_000)  # a second settlement would have come by now
        assert asyncio.run(self._counts()) == self._asked()
        paid = self.people["ann"].withdrawals(status="paid", page_size=100)
        assert {one.amount for one in paid.items} == {PAID}
        assert paid.total == self.payments
        done = self.made.command("verify", "--chain")
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"

    def is_missed_by_a_new_log(self) -> None:
        """Beside contracts that went on a log that forgot everything is refused at the start.

        `outcry reset` takes a development chain's contracts with it, so they are put back.
        """
        assert self.made.stop() == 0
        chain, kept = self.made.data_dir / "chain", self.made.data_dir.parent / "kept"
        shutil.copytree(chain, kept)
        done = self.made.command("reset", "--yes")
        assert "development chain went with it" in done.stdout, done.stdout + done.stderr
        assert not chain.exists() or not (chain / "deployment.json").exists()
        shutil.copytree(kept, chain, dirs_exist_ok=True)
        refused = self.made.command("up")
        assert refused.returncode != 0
        assert "the chain has carried out what this log does not know" in (
            refused.stdout + refused.stderr
        )

    def _asked(self) -> dict[str, int]:
        return {"Settled": self.trades, "PaidOut": self.payments, "SplitFor": self.splits}

    async def _counts(self) -> dict[str, int]:
        """Return how often the contract did each thing."""
        counts = dict.fromkeys(self._asked(), 0)
        async with Rpc(self.deployed.rpc_url) as rpc:
            for name in counts:
                sought = {
                    "address": self.deployed.settlement,
                    "fromBlock": hex(self.deployed.deployed_block),
                    "topics": [f"0x{SETTLEMENT.topic(name).hex()}"],
                }
                counts[name] = len(await rpc.call("eth_getLogs", sought))
        return counts


def client(made: Exchange, user: str, *, admin: bool = False) -> Client:
    """Return a client of somebody."""
    credentials = Credentials(token=made.token(user, admin=admin))
    return Client(f"http://{made.record().addresses['http']}", credentials, trust_env=False)


@contextmanager
def scene(folder: Path) -> Iterator[Scene]:
    """Give an exchange whose node can be made to hold its sender; nothing outlives the block."""
    data = folder / "data"
    wanted = Wanted(data, 0, CHAIN_ID, BLOCK_MS, 3_600, own=False, fresh=False)
    with dev_node(wanted) as dev, HoldingNode() as node:
        deployed = asyncio.run(prepared(wanted, dev.url))
        node.behind = dev.url
        settings = {
            "OUTCRY_SETTLEMENT_CHAIN": "evm",
            "OUTCRY_SETTLEMENT_CONFIRMATIONS": "2",
            "OUTCRY_SETTLEMENT_RPC_URL": node.url,
            "OUTCRY_TRADING_SIGNED_ORDERS": "true",
            "OUTCRY_TRADING_SIGNING_NAME": deployed.domain_name,
            "OUTCRY_TRADING_SIGNING_CHAIN_ID": str(CHAIN_ID),
            "OUTCRY_TRADING_SIGNING_CONTRACT": deployed.home_v2,
        }
        home = address_of(deployed.home_v2)
        domain = separator(Domain(deployed.domain_name, "2", CHAIN_ID, home))
        with exchange(folder, **settings) as made:
            made.start()
            made.wait_ready()
            on = Scene(made, node, deployed, domain, client(made, "root", admin=True))
            try:
                yield on
            finally:
                for one in (on.operator, *on.people.values()):
                    one.close()
