"""What gRPC dials: one address, or several of which the first that answers is spoken to."""

import socket

from outcry.ports.asset import AssetUnavailable


def target_of(*addresses: str) -> str:
    """Return the target for *addresses* (``host:port``; empty ones are left out).

    Raises `AssetUnavailable` when one of several has no IPv4 address.
    """
    given = [address for address in addresses if address]
    if len(given) == 1:
        return given[0]
    return "ipv4:" + ",".join(_numeric(address) for address in given)


def _numeric(address: str) -> str:
    host, _, port = address.rpartition(":")
    try:
        found = socket.getaddrinfo(host, int(port), socket.AF_INET, socket.SOCK_STREAM)
    except (OSError, ValueError) as error:
        raise AssetUnavailable(f"{address} is no host:port that can be reached: {error}") from error
    return f"{found[0][4][0]}:{port}"
