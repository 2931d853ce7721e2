"""Two bots with an official client, unmodified: one quotes, one takes, both hear of it.

`keys` registers them, `trade` lets them trade in the first market that takes orders.
"""

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from py_clob_client_v2.client import ClobClient
from py_clob_client_v2.clob_types import OrderArgsV2, OrderPayload
from websockets.sync.client import ClientConnection, connect


#: For a sandbox; whoever reads this has them as well.
KEYS = {"ann": "0x" + "a1" * 32, "bob": "0x" + "b2" * 32}
CHAIN_ID = 80002
TRIES_MAX = 60


def keys(host: str) -> None:
    """Register both bots."""
    for name, key in KEYS.items():
        client = ClobClient(host, CHAIN_ID, key=key)
        client.set_api_creds(client.create_or_derive_api_key())
        print(f"{name} is {client.get_address()} and has {len(client.get_api_keys())} key")


def logged_in(host: str, name: str) -> ClobClient:
    """Return the client of a bot that has its key already."""
    client = ClobClient(host, CHAIN_ID, key=KEYS[name])
    client.set_api_creds(client.derive_api_key())
    return client


@contextmanager
def listening(feeds: str, client: ClobClient) -> Iterator[ClientConnection]:
    """Open the private channel of a bot; a ping is answered when its key was found good."""
    creds = client.creds
    auth = {
        "apiKey": creds.api_key,
        "secret": creds.api_secret,
        "passphrase": creds.api_passphrase,
    }
    with connect(f"{feeds}/ws/user") as socket:
        socket.send(json.dumps({"type": "user", "auth": auth}))
        socket.send("PING")
        assert socket.recv(timeout=30) == "PONG"
        yield socket


def tell(name: str, socket: ClientConnection, until: str) -> None:
    """Print what a bot hears, up to a status."""
    status = ""
    while status != until:
        said: dict[str, Any] = json.loads(socket.recv(timeout=30))
        status = said["status"]
        if said["event_type"] == "order":
            matched, of = said["size_matched"], said["original_size"]
            print(f"  {name} hears: order {said['type']} {status}, {matched} of {of}")
        else:
            size, price, side = said["size"], said["price"], said["trader_side"]
            print(f"  {name} hears: trade {status}, {size} at {price}, as {side}")


def open_market(client: ClobClient) -> dict[str, Any]:
    """Return the first market that takes orders: on a chain a new one waits for its contract."""
    for _ in range(TRIES_MAX):
        markets: list[dict[str, Any]] = client.get_sampling_markets()["data"]
        if markets:
            return markets[0]
        time.sleep(0.5)
    raise SystemExit("no market takes orders")


def settled_trade(client: ClobClient) -> dict[str, Any]:
    """Return the bot's trade; tables are a moment behind the channel."""
    for _ in range(TRIES_MAX):
        seen: dict[str, Any] = client.get_trades()[0]
        if seen["status"] == "CONFIRMED":
            return seen
        time.sleep(0.5)
    raise SystemExit("the trade is not settled")


def trade(host: str, feeds: str) -> None:
    """Let Ann bid for one outcome and Bob for the other: together they mint four shares of each."""
    ann, bob = logged_in(host, "ann"), logged_in(host, "bob")
    market = open_market(ann)
    (yes, up), (no, down) = ((one["token_id"], one["outcome"]) for one in market["tokens"])
    with listening(feeds, ann) as hers, listening(feeds, bob) as his:
        bid = ann.create_and_post_order(OrderArgsV2(yes, 0.40, 10, "BUY"))
        print(f"ann bids 0.4 for 10 {up}: {bid['status']}")
        tell("ann", hers, "LIVE")
        taken = bob.create_and_post_order(OrderArgsV2(no, 0.60, 4, "BUY"))
        paid, got = taken["makingAmount"], taken["takingAmount"]
        print(f"bob bids 0.6 for 4 {down}: {taken['status']}, {got} for {paid}")
        tell("bob", his, "CONFIRMED")
        tell("ann", hers, "CONFIRMED")
        seen = settled_trade(bob)
        print(f"bob reads: trade {seen['status']}, {seen['size']} at {seen['price']}")
        gone = ann.cancel_order(OrderPayload(bid["orderID"]))["canceled"]
        print(f"ann cancels: {len(gone)} order")
        tell("ann", hers, "CANCELED")


if __name__ == "__main__":
    host, feeds, what = sys.argv[1:]
    keys(host) if what == "keys" else trade(host, feeds)
