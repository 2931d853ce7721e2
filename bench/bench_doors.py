"""The doors of a real exchange: orders over HTTP, alone and in batches, and the public feed.

Each figure stands beside what is left when the exchange is taken away, in the same run: the same
framework answering a constant, and bare picows sending as many bytes as often. Load generators
share the machine. Read ratios, not rates.
"""

import argparse
import asyncio
import itertools
import json
import os
import platform
import random
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from doors.http_load import Rate, load, request
from exchange.venue import Venue, venue

from outcry.app.credentials import new_token
from outcry.app.settings import free_port
from outcry.runtime.config import load as load_config


CONNECTIONS = 64
USERS = 16
BATCH = 50
START_SECONDS_MAX = 60
HOST = "127.0.0.1"
HERE = Path(__file__).parent
OUT = HERE / "out" / "doors.json"
#: The bench asks as fast as it can: no rate of one account stands in the way.
UNLIMITED = {
    "OUTCRY_LIMITS_ACCOUNT_REQUESTS_PER_SECOND_MAX": "10000000",
    "OUTCRY_LIMITS_ADDRESS_REQUESTS_PER_SECOND_MAX": "10000000",
    "OUTCRY_LIMITS_ACCOUNT_ORDERS_COUNT_MAX": "10000000",
    "OUTCRY_LIMITS_FEED_CONNECTIONS_COUNT_MAX": "50000",
}

Json = dict[str, Any]


class People:
    """Traders with money in a market of their own."""

    def __init__(self, running: Venue) -> None:
        self.address = running.record.addresses["http"]
        config = load_config(environ=running.environ)
        admin = new_token(config, "operator", admin=True, ttl="1h")
        self.tokens = [new_token(config, f"user-{n}", admin=False, ttl="1h") for n in range(USERS)]
        with httpx.Client(base_url=f"http://{self.address}", trust_env=False, timeout=30) as http:
            for n, token in enumerate(self.tokens):
                uid = _data(http.get("/api/user_data", headers=_bearer(token)))["id"]
                money = {"user_id": uid, "amount": "1000000", "tx_hash": f"d{n}"}
                _data(http.post("/api/admin/deposits", json=money, headers=_bearer(admin)))
            event = {"event_identifier": "bench", "title": "Bench",
                     "markets": [{"market_identifier": "m", "question": "Fast?"}]}  # fmt: skip
            made = _data(http.post("/api/admin/events", json=event, headers=_bearer(admin)))
            detail = _data(http.get(f"/api/event_detail?event_id={made['event_id']}"))
        market = detail["markets"][0]
        self.tokens_yes_no = [market["outcome_0_token_id"], market["outcome_1_token_id"]]

    def order(self, dice: random.Random) -> Json:
        """Return an order; one in three meets another and trades."""
        outcome = dice.randrange(2)
        price = dice.choice((3_000, 3_500, 4_000, 4_500, 5_000, 5_500))
        return {
            "event_id": 1, "market_id": 1, "token_id": self.tokens_yes_no[outcome], "side": "buy",
            "order_type": "limit", "price": f"0.{price}", "quantity": "1.00",
        }  # fmt: skip


def makers(people: People, seed: int, batch: int = 0) -> list[Callable[[], bytes]]:
    """Return what makes the requests of each connection, prepared so that they cost nothing."""
    made = []
    for number in range(CONNECTIONS):
        dice = random.Random(seed * 1_000 + number)
        bodies = []
        for _ in range(64):
            orders = [people.order(dice) for _ in range(batch or 1)]
            body: Json = {"orders": orders} if batch else orders[0]
            path = "/api/orders" if batch else "/api/place_order"
            token = people.tokens[number % USERS]
            bodies.append(request(str(people.address), path, token, json.dumps(body).encode()))
        made.append(itertools.cycle(bodies).__next__)
    return made


@contextmanager
def server(*command: str) -> Iterator[int]:
    """Give the port of a server of ours that runs meanwhile."""
    port = free_port(HOST)
    script, *rest = command
    process = subprocess.Popen([sys.executable, str(HERE / "doors" / script), str(port), *rest])
    try:
        deadline = time.monotonic() + START_SECONDS_MAX
        while True:
            try:
                socket.create_connection((HOST, port), 1).close()
                break
            except OSError:
                assert time.monotonic() < deadline, f"{script} does not listen"
                time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait()


def followers(port: int, count: int, market: int, seconds: float) -> Json:
    """Return what *count* followers in a process of their own heard."""
    done = subprocess.run(
        [sys.executable, str(HERE / "doors" / "followers.py"), str(port), str(count), str(market),
         str(seconds)], capture_output=True, check=True, text=True,
    )  # fmt: skip
    figures: Json = json.loads(done.stdout)
    return figures


async def feed(people: People, running: Venue, count: int, seconds: float) -> Json:
    """Return what followers heard while a few orders a second changed the book."""
    address = running.record.addresses["feeds"]
    work = asyncio.create_task(asyncio.to_thread(followers, address.port, count, 1, seconds))
    dice = random.Random(count)
    async with httpx.AsyncClient(base_url=f"http://{people.address}", trust_env=False) as http:
        while not work.done():
            order = people.order(dice)
            await http.post("/api/place_order", json=order, headers=_bearer(people.tokens[0]))
            await asyncio.sleep(0.02)
    return await work


def main() -> int:
    """Run the bench."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=10, help="length of each window")
    parser.add_argument("--followers", type=int, nargs="*", default=[1_000, 5_000, 10_000])
    options = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    os.environ.update(UNLIMITED)
    print(
        f"machine            {platform.processor() or platform.machine()}, {os.cpu_count()} cores, "
        f"load {os.getloadavg()[0]:.1f}, Python {platform.python_version()}"
    )
    figures: Json = {}
    with venue() as running:
        people = People(running)
        figures["orders"] = http_figures(people, options.seconds)
        figures["feed"] = {}
        for count in options.followers:
            ours = asyncio.run(feed(people, running, count, options.seconds))
            with server("broadcast.py", str(int(ours["length"]) or 200)) as port:
                bare = followers(port, count, 0, options.seconds)
            figures["feed"][count] = {"ours": ours, "bare": bare}
            print(
                f"feed {count:>6,}        {ours['per_second']:>9,.0f} messages/s, p50 / p99 "
                f"{ours['p50_ms']:.0f} / {ours['p99_ms']:.0f} ms; bare picows "
                f"{bare['per_second']:>9,.0f}/s, {bare['p50_ms']:.0f} / {bare['p99_ms']:.0f} ms"
            )
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps(figures, indent=2))
    return 0


def http_figures(people: People, seconds: float) -> Json:
    """Return the rates of single orders and of batches, beside a constant."""
    port = people.address.port
    single = asyncio.run(load(HOST, port, makers(people, 1), seconds))
    say("single orders", single)
    many = asyncio.run(load(HOST, port, makers(people, 2, BATCH), seconds))
    say(f"batches of {BATCH}", many, BATCH)
    with server("constant.py") as constant_port:
        constant = asyncio.run(load(HOST, constant_port, makers(people, 3), seconds))
    say("the same, constant", constant)
    print(f"single : constant  {single.per_second / constant.per_second:.2f}")
    return {"single": single._asdict(), "batch": many._asdict(), "constant": constant._asdict()}


def say(name: str, rate: Rate, each: int = 1) -> None:
    """Print one line."""
    print(
        f"{name:<18} {rate.per_second * each:>9,.0f}/s, p50 / p99 {rate.p50_ms:.1f} / "
        f"{rate.p99_ms:.1f} ms, {rate.refused} declined"
    )


def _bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def _data(answer: httpx.Response) -> Any:  # noqa: ANN401 - whatever it says
    body = answer.json()
    assert body["code"] == 0, body
    return body["data"]


if __name__ == "__main__":
    sys.exit(main())
