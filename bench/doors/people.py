"""Traders with money in a market of their own, and what they order."""

import random
from typing import Any

import httpx
from exchange.venue import Venue

from outcry.app.credentials import new_token
from outcry.runtime.config import load


USERS = 16
Json = dict[str, Any]


class People:
    """The users of a bench, with a token each."""

    def __init__(self, running: Venue) -> None:
        self.address = running.record.addresses["http"]
        config = load(environ=running.environ)
        admin = new_token(config, "operator", admin=True, ttl="1h")
        self.tokens = [new_token(config, f"user-{n}", admin=False, ttl="1h") for n in range(USERS)]
        with httpx.Client(base_url=f"http://{self.address}", trust_env=False, timeout=30) as http:
            for n, token in enumerate(self.tokens):
                uid = _data(http.get("/api/user_data", headers=bearer(token)))["id"]
                money = {"user_id": uid, "amount": "1000000", "tx_hash": f"d{n}"}
                _data(http.post("/api/admin/deposits", json=money, headers=bearer(admin)))
            event = {"event_identifier": "bench", "title": "Bench",
                     "markets": [{"market_identifier": "m", "question": "Fast?"}]}  # fmt: skip
            made = _data(http.post("/api/admin/events", json=event, headers=bearer(admin)))
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


def bearer(token: str) -> dict[str, str]:
    """Return the headers of whoever has *token*."""
    return {"authorization": f"Bearer {token}"}


def _data(answer: httpx.Response) -> Any:  # noqa: ANN401 - whatever it says
    body = answer.json()
    assert body["code"] == 0, body
    return body["data"]
