"""The door's listening socket: takes whoever comes, and waits when there are no more files."""

import asyncio
import socket
from collections.abc import Callable
from typing import Final

from outcry.runtime.logging import get_logger


_BACKLOG: Final = 4_096
#: Connections accepted in one turn of the loop.
_ACCEPTS_MAX: Final = 64
_PAUSE_SECONDS: Final = 1.0


class Listening:
    """Listens from `start` to `stop`, and hands over every connection."""

    def __init__(self, take: Callable[[socket.socket], None]) -> None:
        self._take = take
        self._socket: socket.socket | None = None
        self.port = 0

    @property
    def is_on(self) -> bool:
        """Whether somebody may come."""
        return self._socket is not None

    def start(self, host: str, port: int) -> None:
        """Listen. Raises OSError."""
        self._socket = socket.create_server((host, port), backlog=_BACKLOG)
        self._socket.settimeout(0)
        self.port = self._socket.getsockname()[1]
        self._wait()

    def stop(self) -> None:
        """Let nobody in any more."""
        if self._socket is not None:
            asyncio.get_running_loop().remove_reader(self._socket)
            self._socket.close()
            self._socket = None

    def _wait(self) -> None:
        if self._socket is not None:
            asyncio.get_running_loop().add_reader(self._socket, self._accept)

    def _accept(self) -> None:
        assert self._socket is not None
        for _ in range(_ACCEPTS_MAX):
            try:
                taken, _ = self._socket.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:  # no more files: let others leave first
                get_logger().warning("cannot accept", reason=str(error))
                loop = asyncio.get_running_loop()
                loop.remove_reader(self._socket)
                loop.call_later(_PAUSE_SECONDS, self._wait)
                return
            self._take(taken)
