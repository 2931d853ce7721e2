"""The listening socket when there are no more files."""

import asyncio
import errno
import socket

from outcry.services.gateway.door.listening import Listening


class Full:
    """A socket that somebody waits at, and that nobody can be taken from."""

    def __init__(self, real: socket.socket) -> None:
        self._real = real
        self.asked = 0

    def fileno(self) -> int:
        """Return the descriptor of the real one."""
        return self._real.fileno()

    def accept(self) -> tuple[socket.socket, object]:
        """Fail as the system does."""
        self.asked += 1
        raise OSError(errno.EMFILE, "Too many open files")

    def close(self) -> None:
        """Close the real one."""
        self._real.close()


async def test_without_files_it_waits_and_does_not_spin() -> None:
    """Somebody waits at the door: it is looked at once, not in every turn of the loop."""
    taken: list[socket.socket] = []
    listening = Listening(taken.append)
    listening.start("127.0.0.1", 0)
    assert listening._socket is not None
    full = Full(listening._socket)
    asyncio.get_running_loop().remove_reader(listening._socket)
    listening._socket = full  # type: ignore[assignment]
    listening._wait()
    with socket.create_connection(("127.0.0.1", listening.port)):
        for _ in range(100):
            await asyncio.sleep(0.001)
    assert (full.asked, taken) == (1, [])
    listening.stop()
