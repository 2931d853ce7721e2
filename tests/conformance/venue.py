"""A real exchange for clients of others, and what only its operator can do."""

import itertools
import json
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Final

from tests.support.ethereum import Account
from tests.support.exchange import Client, Exchange
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect


CHAIN_ID: Final = 80_002
#: Bound on each wait; only a broken exchange reaches it.
WAIT_SECONDS: Final = 90.0

Json = dict[str, Any]
_names = itertools.count(1)


@dataclass(frozen=True)
class Market:
    """A market of its own for one test."""

    condition_id: str
    yes: str
    no: str
    market_id: int

    @property
    def tokens(self) -> tuple[str, str]:
        """Both tokens."""
        return self.yes, self.no


@dataclass
class Place:
    """The exchange, and where it is found."""

    exchange: Exchange
    host: str
    feeds: str
    operator: Client

    def market(self, tick_size: str = "0.01", **terms: Any) -> Market:
        """List an event with one market."""
        name = f"event-{next(_names)}"
        spec = {"market_identifier": "m", "question": f"Will {name} be?", "tick_size": tick_size}
        body = {"event_identifier": name, "title": name, "topic": "tests",
                "markets": [{**spec, **terms}]}  # fmt: skip
        (market_id,) = self.operator.post("/api/admin/events", body)["market_ids"]
        found = self.operator.http.get(f"/gamma/markets/{market_id}").raise_for_status().json()
        yes, no = json.loads(found["clobTokenIds"])
        return Market(found["conditionId"], yes, no, market_id)

    def close(self, market: Market, winner: str) -> None:
        """Close a market and pay it out."""
        path = f"/api/admin/markets/{market.market_id}"
        self.operator.post(f"{path}/close", {"reason": "the test is over"})
        self.operator.post(f"{path}/resolve", {"winner": winner})

    def fund(self, address: str, amount: str = "1000") -> None:
        """Give collateral to whoever has an address; they are registered if need be."""
        client = self.exchange.client(self.exchange.token(f"eth:{address.lower()}"))
        user_id = client.get("/api/user_data")["id"]
        deposit = {"user_id": int(user_id), "amount": amount, "tx_hash": f"dep-{next(_names)}"}
        self.operator.post("/api/admin/deposits", deposit)

    def funded(self, addresses: Sequence[str]) -> None:
        """Wait until those who were funded have it: at once, where the ledger gives it."""

    @contextmanager
    def socket(self, path: str, **first: Any) -> Iterator["Socket"]:
        """Connect to a channel and say the first thing."""
        with connect(f"{self.feeds}{path}", compression=None, proxy=None) as connection:
            made = Socket(connection)
            made.say(**first)
            yield made


@dataclass
class Socket:
    """One connection, and everything that was heard on it."""

    connection: ClientConnection
    heard: list[Json] = field(default_factory=list)

    def say(self, **message: Any) -> None:
        """Send a message."""
        self.connection.send(json.dumps(message))

    def hear(self, kind: str, **fields: str) -> Json:
        """Return the next event of a kind that has these fields; others are kept in `heard`."""
        deadline = time.monotonic() + WAIT_SECONDS
        while True:
            said = self.connection.recv(timeout=max(0.0, deadline - time.monotonic()))
            for event in _events(said):
                self.heard.append(event)
                wanted = {"event_type": kind, **fields}
                if all(event.get(name) == value for name, value in wanted.items()):
                    return event

    def ping(self) -> None:
        """Ask for a sign of life, as these clients do."""
        self.connection.send("PING")
        while (said := self.connection.recv(timeout=WAIT_SECONDS)) != "PONG":
            self.heard += _events(said)

    def ends(self) -> tuple[int, str]:
        """Return code and reason with which the exchange closes."""
        with suppress(ConnectionClosed):
            while True:
                self.heard += _events(self.connection.recv(timeout=WAIT_SECONDS))
        assert self.connection.close_code is not None
        return self.connection.close_code, self.connection.close_reason or ""


def _events(said: str | bytes) -> list[Json]:
    message = json.loads(said)
    return message if isinstance(message, list) else [message]


def new_wallet() -> tuple[str, str]:
    """Return a private key that nobody had before, and its address."""
    made = Account.create()
    return "0x" + bytes(made.key).hex(), str(made.address)


def until(holds: Callable[[], Any]) -> Any:
    """Return what *holds* returns once that is true."""
    deadline = time.monotonic() + WAIT_SECONDS
    while not (found := holds()):
        assert time.monotonic() < deadline, f"not within {WAIT_SECONDS:g} s"
        threading.Event().wait(0.02)
    return found
