"""The HTTP server: uvicorn inside our own event loop, signals and logs left to the process."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from typing import Final

import uvicorn
from litestar.types import ASGIApp


BACKLOG: Final = 2_048
KEEP_ALIVE_SECONDS: Final = 75
START_SECONDS: Final = 10.0


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the composition root."""
        yield


class HttpServer:
    """Listens on one address."""

    def __init__(
        self, app: ASGIApp, *, host: str, port: int, proxies: str, drain_ms_max: int
    ) -> None:
        """Prepare to serve *app*, believing *proxies*; port 0 takes a free one."""
        self._host = host
        self._port = port
        config = uvicorn.Config(
            app,
            http="httptools",
            ws="none",
            lifespan="on",
            log_config=None,
            access_log=False,
            server_header=False,
            forwarded_allow_ips=proxies,
            backlog=BACKLOG,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=max(1, drain_ms_max // 1_000),
        )
        self._server = _Server(config)
        self._serving: asyncio.Task[None] | None = None
        self.port = 0

    async def start(self) -> None:
        """Listen and answer. Raises OSError when the address cannot be had."""
        listener = _listen(self._host, self._port)
        self.port = listener.getsockname()[1]
        self._serving = asyncio.create_task(self._server.serve([listener]))
        async with asyncio.timeout(START_SECONDS):
            while not self._server.started:
                if self._serving.done():
                    await self._serving
                    raise OSError("the HTTP server ended while it started")
                await asyncio.sleep(0.005)

    async def run(self) -> None:
        """Serve until cancelled; raises when the server ends by itself."""
        assert self._serving is not None, "start comes first"
        await asyncio.shield(self._serving)
        raise OSError("the HTTP server ended")

    async def stop(self) -> None:
        """Take no new requests, finish those in progress within the bound, close."""
        self._server.should_exit = True
        if self._serving is not None:
            await self._serving


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.setblocking(False)  # noqa: FBT003 - its only argument
    except OSError as error:
        listener.close()
        raise OSError(f"cannot listen on {host}:{port}: {error.strerror}") from error
    return listener
