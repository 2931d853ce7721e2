"""Traders for the tests that strike a running exchange, and what must be true of them afterwards.

Clients repeat a request with the same client_order_id until it is answered, as the contract asks of
them. Whatever was answered must then exist once, as it was answered.
"""

import itertools
import threading
from collections import Counter
from collections.abc import Callable, Iterator

import httpx
import redis
from tests.support.exchange import Client, Exchange, wait_until

from outcry.adapters.embedded import EmbeddedServers
from outcry.runtime.config import load


#: Processes of an exchange, all of which it starts again.
PROCESSES = ("core", "match", "edge", "history", "postgresql", "valkey")
#: Orders that must be answered after each blow, before the next one.
ORDERS_BETWEEN = 6
PAUSE_SECONDS = 0.02
#: Name, outcome bought, price, what their requests wait for.
TRADERS = (
    ("ann", 0, "0.60", "result"),
    ("bob", 1, "0.40", "result"),
    ("cat", 0, "0.60", "result"),
    ("dan", 1, "0.40", "result"),
    ("eve", 0, "0.60", "accepted"),
    ("fay", 1, "0.40", "accepted"),
)


class Load:
    """A trader who places one order after the other, and repeats what was not answered."""

    def __init__(self, client: Client, order: dict[str, object], name: str, wait: str) -> None:
        self.client = client
        self._order = order
        self.name = name
        #: "result": an order is long committed before it is answered, which many a blow will hit.
        self._wait = wait
        self._stopped = threading.Event()
        self._turn = threading.Lock()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.answered: dict[str, int] = {}
        #: The last log entry of an answer: tables that include it have every answered order.
        self.newest_n = 0
        self.repeats = 0
        self.failure = ""

    def start(self) -> None:
        """Begin, in a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """Stop after the order under way."""
        self._stopped.set()
        self._thread.join()

    def pause(self) -> None:
        """Return when nothing is under way; nothing begins before `resume`."""
        self._turn.acquire()

    def resume(self) -> None:
        """Go on."""
        self._turn.release()

    def _run(self) -> None:
        for number in itertools.count():
            if self._stopped.wait(PAUSE_SECONDS):
                return
            with self._turn:
                self._place(f"{self.name}-{number}")
            if self.failure:
                return

    def _place(self, name: str) -> None:
        while name not in self.answered and not self.failure:
            self._try(name)

    def _try(self, name: str) -> None:
        try:
            answer = self.client.http.post(
                "/api/place_order",
                json={**self._order, "client_order_id": name},
                params={"wait": self._wait},
            )
        except httpx.HTTPError:
            self._again()
            return
        if answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
            self._again()
        elif answer.status_code == httpx.codes.OK:
            data = answer.json()["data"]
            self.answered[name] = data["order_id"]
            self.newest_n = max(self.newest_n, data["n"])
        else:
            self.failure = answer.text

    def _again(self) -> None:
        self.repeats += 1
        self._stopped.wait(PAUSE_SECONDS)


def wipe(made: Exchange) -> None:
    """Make Valkey forget every key."""
    config = load(environ=made.environ())
    with redis.Redis.from_url(EmbeddedServers(config).endpoints().redis_url) as streams:
        streams.flushall()


def more_orders(loads: list[Load], blow: str, broken: Callable[[], str] = str) -> None:
    """Return when every trader has had more orders answered; *broken* says why that cannot be."""
    wanted = [len(load_.answered) + ORDERS_BETWEEN for load_ in loads]
    wait_until(
        lambda: all(len(load_.answered) >= n for load_, n in zip(loads, wanted, strict=True)),
        lambda: (
            broken()
            or "".join(f"after {blow}: {load_.failure}" for load_ in loads if load_.failure)
        ),
    )


def traders_of(made: Exchange) -> list[Load]:
    """Return traders on an exchange that `outcry up` runs."""
    operator = made.client(made.token("operator", admin=True))
    return traders(operator, lambda name: made.client(made.token(name)))


def traders(operator: Client, client_of: Callable[[str], Client]) -> list[Load]:
    """Return traders whose orders meet: some buy YES, the others buy NO at the complement."""
    market = {"market_identifier": "rain", "question": "Will it rain?"}
    event = {"event_identifier": "weather", "title": "Weather", "markets": [market]}
    listed = operator.post("/api/admin/events", event)
    query = {"event_id": listed["event_id"]}
    reader = client_of(TRADERS[0][0])
    wait_until(lambda: reader.http.get("/api/event_detail", params=query).is_success)
    detail = reader.get("/api/event_detail", **query)["markets"][0]
    found = []
    for name, outcome, price, wait in TRADERS:
        client = client_of(name)
        user_id = client.get("/api/user_data")["id"]
        money = {"user_id": user_id, "amount": "100000", "tx_hash": name}
        operator.post("/api/admin/deposits", money)
        order = {"event_id": listed["event_id"], "market_id": detail["market_id"]}
        order |= {"token_id": detail[f"outcome_{outcome}_token_id"], "side": "buy"}
        order |= {"order_type": "limit", "price": price, "quantity": "1"}
        found.append(Load(client, order, name, wait))
    return found


def orders_of(load_: Load) -> dict[str, int]:
    """Return every order of the trader by its client_order_id; fails when one is there twice."""
    rows = list(pages(load_))
    counts = Counter(name for name, _ in rows)
    assert [name for name, count in counts.items() if count > 1] == []
    return dict(rows)


def pages(load_: Load) -> Iterator[tuple[str, int]]:
    """Yield every order in the tables, once they include all that was answered."""
    after = load_.newest_n
    for page in itertools.count(1):
        answer = load_.client.get("/api/order_history", page=page, page_size=100, after=after)
        for order in answer["order_history"]:
            yield order["client_order_id"], order["order_id"]
        if not answer["has_more"]:
            return
