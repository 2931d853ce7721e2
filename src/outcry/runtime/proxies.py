"""Proxies: whose word counts about where a connection comes from.

Behind a proxy every connection has the proxy's address; ``X-Forwarded-For`` has the client's. Only
proxies that the operator named are believed, or anybody could choose the address that is counted.
"""

from collections.abc import Iterable
from ipaddress import ip_address, ip_network


class Proxies:
    """The proxies of one exchange: addresses and networks."""

    def __init__(self, named: str = "") -> None:
        """Believe those *named*, with commas between; ValueError when one is no address."""
        self._networks = [ip_network(name.strip()) for name in named.split(",") if name.strip()]

    def client(self, peer: str, forwarded: Iterable[str]) -> str:
        """Return where a connection from *peer* with these ``X-Forwarded-For`` headers comes from.

        Each proxy adds at the end whom it heard: the last that is no proxy of ours is the client.
        """
        client = peer
        hops = [hop.strip() for header in forwarded for hop in header.split(",")]
        while hops and self._believes(client):
            client = _without_port(hops.pop()) or client
        return client

    def _believes(self, host: str) -> bool:
        try:
            address = ip_address(host)
        except ValueError:
            return False
        return any(address in network for network in self._networks)


def _without_port(hop: str) -> str:
    """Return the address of ``1.2.3.4:5``, ``[::1]:5`` or ``[::1]``; others as they are."""
    if hop.startswith("["):
        return hop[1:].partition("]")[0]
    return hop.partition(":")[0] if hop.count(":") == 1 else hop
