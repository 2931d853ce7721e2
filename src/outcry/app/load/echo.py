"""A server that says back what it hears: with it the load generator measures itself."""

import select
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from outcry.app.failures import UsageError


_RECEIVE_BYTES: Final = 1 << 18
_BACKLOG: Final = 1_024


def main() -> None:
    """Serve on a free port, which is printed, until standard input ends."""
    with socket.create_server(("127.0.0.1", 0), backlog=_BACKLOG) as listener:
        print(listener.getsockname()[1], flush=True)
        poll = select.epoll()
        poll.register(listener, select.EPOLLIN)
        poll.register(sys.stdin, select.EPOLLIN)
        clients: dict[int, socket.socket] = {}
        while True:
            for number, _ in poll.poll():
                if number == sys.stdin.fileno():
                    return
                if number == listener.fileno():
                    client, _ = listener.accept()
                    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    clients[client.fileno()] = client
                    poll.register(client, select.EPOLLIN)
                elif not _say_back(clients[number]):
                    poll.unregister(number)
                    clients.pop(number).close()


def _say_back(client: socket.socket) -> bool:
    try:
        data = client.recv(_RECEIVE_BYTES)
        client.sendall(data)
    except OSError:
        return False
    return bool(data)


@contextmanager
def served() -> Iterator[int]:
    """Run the server in a process of its own; yield its port."""
    command = [sys.executable, "-c", "from outcry.app.load.echo import main; main()"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        line = child.stdout.readline()
        if not line:
            raise UsageError("the echo server did not start")
        try:
            yield int(line)
        finally:
            child.stdin.close()
            child.wait()
