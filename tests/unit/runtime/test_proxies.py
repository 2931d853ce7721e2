"""Where a connection comes from, when there are proxies on the way and liars among them."""

import asyncio
from typing import Any

import pytest
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from outcry.runtime.proxies import Proxies


OURS = "127.0.0.1,10.1.0.0/16"


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("5.5.5.5", [], "5.5.5.5"),
        ("5.5.5.5", ["1.1.1.1"], "5.5.5.5"),
        ("127.0.0.1", [], "127.0.0.1"),
        ("127.0.0.1", ["1.1.1.1"], "1.1.1.1"),
        ("10.1.2.3", ["1.1.1.1:80"], "1.1.1.1"),
        ("10.1.2.3", ["[2001:db8::1]:80"], "2001:db8::1"),
        ("10.1.2.3", ["2001:db8::1"], "2001:db8::1"),
        ("127.0.0.1", ["9.9.9.9, 1.1.1.1, 10.1.0.9"], "1.1.1.1"),
        ("127.0.0.1", ["9.9.9.9", "1.1.1.1"], "1.1.1.1"),
        ("127.0.0.1", ["10.1.0.8, 10.1.0.9"], "10.1.0.8"),
        ("", ["1.1.1.1"], ""),
    ],
)
def test_the_last_stranger_is_the_client_at_both_doors(
    peer: str, forwarded: list[str], client: str
) -> None:
    """The feed's rule and the one of the HTTP server find the same address."""
    assert Proxies(OURS).client(peer, forwarded) == client

    seen: list[str] = []

    async def app(scope: Any, _receive: Any, _send: Any) -> None:
        seen.append(scope["client"][0])

    headers = [(b"x-forwarded-for", text.encode()) for text in forwarded]
    scope: Any = {"type": "http", "client": (peer, 1), "headers": headers}
    asyncio.run(ProxyHeadersMiddleware(app, OURS)(scope, None, None))  # type: ignore[arg-type]
    assert seen == [client]


def test_nobody_is_believed_unless_named() -> None:
    """Without proxies the header is anybody's word; a name is no address."""
    assert Proxies().client("127.0.0.1", ["1.1.1.1"]) == "127.0.0.1"
    with pytest.raises(ValueError, match="gateway"):
        Proxies("gateway")
