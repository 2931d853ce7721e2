"""The same load over HTTP: single orders and cancels, one after the other on each connection.

All of them buy, one outcome or the other, so that they meet without anybody owning tokens first.
"""

import time
from collections import Counter
from random import Random
from typing import Any, Final, NamedTuple

import httpx

from outcry.app.failures import UsageError
from outcry.app.load.flow import QUANTITY_MAX, Mix


_MARKETS_MAX: Final = 50
#: Orders that rest before the first of them is cancelled.
_PATIENCE: Final = 50
_MIDDLE_CENTS: Final = 50
_DEPTH_CENTS: Final = 20
_BEYOND_CENTS: Final = 3
_OK: Final = b" 200 "
_LENGTH: Final = b"content-length:"


class Listed(NamedTuple):
    """A market that takes orders, and its two tokens."""

    event_id: int
    market_id: int
    token_ids: tuple[str, str]


def listed(host: str, port: int) -> list[Listed]:
    """Return some markets of the exchange; raises `UsageError` if there is none."""
    query = {"page": 1, "page_size": _MARKETS_MAX}
    try:
        answer = httpx.get(f"http://{host}:{port}/api/events", params=query, trust_env=False)
        events: list[dict[str, Any]] = answer.json()["data"]["events"]
    except (httpx.HTTPError, ValueError, KeyError) as error:
        raise UsageError(f"no exchange answers at http://{host}:{port}: {error}") from None
    found = [
        Listed(
            event["event_id"],
            market["market_id"],
            (market["outcome_0_token_id"], market["outcome_1_token_id"]),
        )
        for event in events
        for market in event["markets"]
    ]
    if not found:
        raise UsageError("the exchange has no market yet")
    return found


class HttpFlow:
    """The requests of one connection."""

    size = 1

    def __init__(self, random: Random, markets: list[Listed], mix: Mix, api_key: str) -> None:
        self._random, self._markets, self._mix = random, markets, mix
        self._head = f"x-api-key: {api_key}\r\nhost: outcry\r\ncontent-type: application/json\r\n"
        # Of this run alone: what an earlier one placed must not be taken for ours.
        self._name = f"load-{time.time_ns():x}-{random.getrandbits(32):x}"
        self._placed = self._cancelled = 0

    def next(self) -> bytearray:
        """Return the next request."""
        waiting = self._placed - self._cancelled
        if waiting > _PATIENCE and self._random.random() >= self._mix.places:
            self._cancelled += 1
            body = f'{{"client_order_id":"{self._name}-{self._cancelled}"}}'
            return self._request("/api/cancel_order?wait=accepted", body)
        self._placed += 1
        return self._request("/api/place_order", self._order())

    def _order(self) -> str:
        random = self._random
        market = random.choice(self._markets)
        crosses = random.random() < self._mix.crossing
        away = _BEYOND_CENTS if crosses else -random.randint(1, _DEPTH_CENTS)
        token = random.choice(market.token_ids)
        return (
            f'{{"event_id":{market.event_id},"market_id":{market.market_id},'
            f'"token_id":"{token}","side":"buy","order_type":"limit",'
            f'"price":"0.{_MIDDLE_CENTS + away:02}","quantity":"{random.randint(1, QUANTITY_MAX)}",'
            f'"client_order_id":"{self._name}-{self._placed}"}}'
        )

    def _request(self, path: str, body: str) -> bytearray:
        text = f"POST {path} HTTP/1.1\r\n{self._head}content-length: {len(body)}\r\n\r\n{body}"
        return bytearray(text.encode())


class HttpHeard:
    """Counts whole answers, and those that are refusals."""

    def __init__(self) -> None:
        self._tail = b""
        self._refused = 0

    def take(self, data: bytes) -> int:
        """Return how many requests the bytes complete the answers to."""
        data = self._tail + data
        answered = 0
        while (end := data.find(b"\r\n\r\n")) >= 0:
            head = data[:end].lower()
            where = head.find(_LENGTH)
            if where < 0:
                raise ConnectionError("the exchange sent an answer without a length")
            length = int(head[where + len(_LENGTH) :].split(b"\r\n", 1)[0])
            if len(data) < end + 4 + length:
                break
            self._refused += _OK not in head[:16]
            data = data[end + 4 + length :]
            answered += 1
        self._tail = data
        return answered

    def totals(self) -> Counter[str]:
        """Return the refusals; answers that an order is accepted say nothing of fills."""
        return Counter(rejects=self._refused)
