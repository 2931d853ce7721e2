"""Free ports that stay free until somebody listens on them.

A port that the system chooses comes from where it also takes the ports of outgoing connections, so
that between choosing it and listening on it, seconds later and in another process, anybody may get
it. These lie below that range, and processes that choose at the same time begin at other places.
"""

import errno
import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import chain, count, islice
from typing import Final


#: Below what Linux (32,768) and macOS (49,152) give to connections, above most known services.
PORT_MIN: Final = 10_000
PORTS_MAX: Final = 10_000
#: Processes whose numbers follow one another are so far apart: more than one of them chooses.
_APART: Final = 16
_TRIES_MAX: Final = 1_000


def walk(first: int, length: int, start: int) -> Iterator[int]:
    """Return the ports from *first* on, beginning *start* later, round and round."""
    return (first + (start + step) % length for step in count())


_next = walk(PORT_MIN, PORTS_MAX, os.getpid() * _APART)


def bind(host: str, port: int) -> socket.socket:
    """Return a socket bound to *port*, or to a free one if that is 0; raises `OSError`.

    It does not listen: it keeps the port until it is closed.
    """
    if port:
        return _bound(host, port)
    for free in chain(islice(_next, _TRIES_MAX), (0,)):
        try:
            return _bound(host, free)
        except OSError as error:
            if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise
    raise AssertionError("unreachable: the system's choice either succeeds or raises")


def free_port(host: str) -> int:
    """Return a port on which nobody listens now; raises `OSError`."""
    with bind(host, 0) as bound:
        port: int = bound.getsockname()[1]
    return port


def _bound(host: str, port: int) -> socket.socket:
    family, kind, protocol, _, place = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    with ExitStack() as undone:
        made = undone.enter_context(socket.socket(family, kind, protocol))
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(place)
        undone.pop_all()
    return made
