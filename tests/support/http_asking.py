"""What tests of the HTTP door ask: orders, and requests that must be declined in every detail."""

from typing import Any

from tests.support.http_door import Door

from outcry.domain.rejects import Reject
from outcry.runtime.envelope import family, http_status
from outcry_wire.sentences import SENTENCES


def limit(event: dict[str, Any], outcome: int, side: str, price: str, quantity: str) -> Any:
    """Return the body of a limit order in the event's first market, answered by the book."""
    market = event["markets"][0]
    return {
        "event_id": event["event_id"],
        "market_id": market["market_id"],
        "token_id": market[f"outcome_{outcome}_token_id"],
        "side": side,
        "order_type": "limit",
        "price": price,
        "quantity": quantity,
        "wait": "result",
    }


async def refused(
    door: Door,
    reject: Reject,
    method: str,
    path: str,
    headers: dict[str, str] | None = None,
    body: Any = None,
) -> dict[str, Any]:
    """Return the data of a request that must be declined with *reject* in every detail."""
    content = body if isinstance(body, bytes) else None
    answer = await door.client.request(
        method, path, headers=headers, content=content, json=None if content else body
    )
    envelope = answer.json()
    assert envelope["data"] is not None, envelope
    assert (envelope["data"]["reject"], envelope["data"]["name"]) == (reject, reject.name)
    assert envelope["msg"] == SENTENCES[reject]
    assert envelope["code"] == family(reject)
    assert answer.status_code == http_status(reject)
    data: dict[str, Any] = envelope["data"]
    return data
