"""Servers and what befalls them."""

import asyncio
import os
import re
import signal
import subprocess
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import asyncpg

from outcry.adapters.embedded import EmbeddedServers, Endpoints, binaries
from outcry.adapters.embedded import postgres as embedded_postgres
from outcry.adapters.embedded.identity import not_root
from outcry.adapters.embedded.process import ServerProcess
from outcry.domain.errors import OutcryError


WAIT_SECONDS_MAX = 180


class Doomed:
    """A PostgreSQL and a Valkey that die and come back."""

    def __init__(self, servers: EmbeddedServers, endpoints: Endpoints) -> None:
        self._servers = servers
        self.dsn = endpoints.postgres_dsn
        self.url = endpoints.redis_url

    def kill(self, name: str) -> None:
        """Kill a server without warning."""
        os.kill(self._servers.pids()[name], signal.SIGKILL)

    def restart(self) -> None:
        """Start again what was killed; returns when it takes connections."""
        while not self._servers.restart_dead():
            pass

    def cut_appends(self, folder: str, size: int) -> None:
        """Take away what a killed Valkey appended to its files beyond *size* bytes."""
        base = sum(file.stat().st_size for file in Path(folder).glob("*.base.rdb"))
        (appends,) = Path(folder).glob("*.incr.aof")
        assert appends.stat().st_size > size - base
        os.truncate(appends, size - base)

    @contextmanager
    def frozen(self, name: str) -> Iterator[None]:
        """Let a server hang, its children too, for the length of the block."""
        server = self._servers.pids()[name]
        processes = [server, *_children(server)]
        for process in processes:
            os.kill(process, signal.SIGSTOP)
        try:
            yield
        finally:
            for process in processes:
                os.kill(process, signal.SIGCONT)

    async def sql(self, statement: str, *arguments: object) -> list[tuple[object, ...]]:
        """Return what *statement* yields, on a connection of its own."""
        connection = await asyncpg.connect(self.dsn)
        try:
            return [tuple(row) for row in await connection.fetch(statement, *arguments)]
        finally:
            await connection.close()


def _children(parent: int) -> list[int]:
    threads = Path(f"/proc/{parent}/task").iterdir()
    return [int(pid) for thread in threads for pid in (thread / "children").read_text().split()]


async def eventually(work: Callable[[], Awaitable[object]], failure: type[OutcryError]) -> None:
    """Repeat *work* until it no longer raises *failure*."""
    async with asyncio.timeout(WAIT_SECONDS_MAX):
        while True:
            try:
                await work()
            except failure:
                await asyncio.sleep(0.02)
            else:
                return


@contextmanager
def standby_of(servers: Doomed, folder: Path) -> Iterator[str]:
    """Run a standby that follows the server and that nobody waits for; yield its address."""
    programs = binaries.postgres_folder("", None)
    copy = folder / "standby"
    backup = str(programs / "pg_basebackup")
    subprocess.run([backup, "-d", servers.dsn, "-D", copy, "-R", "-c", "fast"], check=True)
    settings = ["-c", f"unix_socket_directories={folder}", "-c", "listen_addresses="]
    process = ServerProcess(
        [str(programs / "postgres"), "-D", str(copy), *settings],
        not_root(),
        signal.SIGINT,
        folder / "standby.log",
    )
    try:
        yield re.sub(r"host=[^&]*", f"host={quote(str(folder), safe='')}", servers.dsn)
    finally:
        process.stop(embedded_postgres.STOP)
