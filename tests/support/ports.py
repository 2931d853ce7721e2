"""Ports for what tests start, which no test beside them gets."""

import os
from typing import Final

from outcry.runtime.ports import PORT_MIN, PORTS_MAX, bind, walk


#: Each process of pytest has as many, above those that exchanges choose for themselves.
PORTS: Final = 4_000
_WORKERS_MAX: Final = 3

_worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % _WORKERS_MAX
_walk = walk(PORT_MIN + PORTS_MAX + _worker * PORTS, PORTS, os.getpid())


def free_port(host: str = "127.0.0.1") -> int:
    """Return a port on which nobody listens, and that is not given out again for long."""
    for port in _walk:
        try:
            bind(host, port).close()
        except OSError:
            continue
        return port
    raise AssertionError("unreachable: the walk has no end")
