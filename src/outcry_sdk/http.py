"""The parts of an HTTP client that are the same for both clients."""

from collections.abc import Mapping
from typing import Any, Final

import httpx

from outcry_sdk.calls.call import Call
from outcry_sdk.core import Answer, Lost
from outcry_sdk.credentials import Credentials


#: Longer than an exchange waits for the book or for its tables by default.
TIMEOUT_SECONDS: Final = 15.0
CONNECTIONS_MAX: Final = 64
LIMITS: Final = httpx.Limits(
    max_connections=CONNECTIONS_MAX, max_keepalive_connections=CONNECTIONS_MAX
)


def headers(call: Call[Any], credentials: Credentials) -> Mapping[str, str]:
    """Return the headers of a request."""
    sent = {**credentials.headers(), **(call.headers or {})}
    if call.body is not None:
        sent["content-type"] = "application/json"
    return sent


def answer(response: httpx.Response) -> Answer:
    """Return what came back."""
    return Answer(response.status_code, response.content)


def lost(error: httpx.TransportError) -> Lost:
    """Return that nothing came back, and whether the request may have arrived."""
    left = not isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout)
    return Lost(str(error) or type(error).__name__, left)
