"""The servers of one exchange together, and the right to use its data folder."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import TypeVar

from msgspec import Struct

from outcry.adapters.embedded.failure import EmbeddedError
from outcry.adapters.embedded.postgres import PostgresServer
from outcry.adapters.embedded.valkey import ValkeyServer
from outcry.runtime.config import Config
from outcry.runtime.config.describe import hide_passwords
from outcry.runtime.data_dir import DataDir, DataDirLock
from outcry.runtime.logging import get_logger


Result = TypeVar("Result")
Server = PostgresServer | ValkeyServer


class Endpoints(Struct, frozen=True):
    """Where the servers are, in the form that the configuration has for it."""

    postgres_dsn: str
    redis_url: str

    def __repr__(self) -> str:
        return f"Endpoints({hide_passwords(self.postgres_dsn)}, {hide_passwords(self.redis_url)})"


class EmbeddedServers:
    """The PostgreSQL and the Valkey of one exchange; each only if no other one is configured.

    All methods block and may be called from any thread. The servers are started from a thread of
    their own: Linux ends them with the thread that started them, not with its process.
    """

    def __init__(self, config: Config) -> None:
        """Nothing is started and nothing is locked yet."""
        self._config = config
        self._data_dir = DataDir(config.data_dir)
        self._lock = DataDirLock(self._data_dir)
        self._given_up = threading.Event()
        self._servers: list[Server] = []
        self._thread: ThreadPoolExecutor | None = None
        self._log = get_logger()

    def start(self) -> Endpoints:
        """Lock the data folder, start what is not configured, return where everything is.

        Raises `EmbeddedError`, or `DataDirError` if another exchange uses the folder; then nothing
        is left running.
        """
        self._lock.acquire()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="embedded-servers")
        try:
            return self._in_thread(self._start)
        except BaseException:
            self.stop()
            raise

    def endpoints(self) -> Endpoints:
        """Return where everything is when it runs. Nothing is started or locked for that."""
        postgres, redis, shared = self._config.postgres, self._config.redis, self._shared()
        return Endpoints(
            redis_url=redis.url or ValkeyServer(redis, *shared).address(),
            postgres_dsn=postgres.dsn or PostgresServer(postgres, *shared).address(),
        )

    def pids(self) -> dict[str, int]:
        """Return the process ids of the servers that were started, by name."""
        return {server.name: pid for server in self._servers if (pid := server.pid()) is not None}

    def dead(self) -> list[str]:
        """Return the names of the servers that should run and do not."""
        return [server.name for server in self._servers if not server.alive()]

    def alive(self) -> bool:
        """Whether every server that was started still runs."""
        return not self.dead()

    def restart_dead(self) -> list[str]:
        """Start the servers that died, at the same addresses; return their names."""
        return self._in_thread(self._restart_dead)

    def give_up(self) -> None:
        """Let a `start` or `restart_dead` under way in another thread fail soon; `stop` follows."""
        self._given_up.set()

    def stop(self) -> None:
        """Stop everything within a bound and give the data folder back. Repeats change nothing."""
        self._given_up.set()
        if self._thread is not None:
            self._in_thread(self._stop)
            self._thread.shutdown()
            self._thread = None
        self._lock.release()

    def __enter__(self) -> Endpoints:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def _in_thread(self, work: Callable[[], Result]) -> Result:
        if self._thread is None:
            raise EmbeddedError("the servers are not started")
        return self._thread.submit(work).result()

    def _start(self) -> Endpoints:
        config = self._config
        self._given_up.clear()
        postgres_dsn, redis_url = config.postgres.dsn, config.redis.url
        shared = self._shared()
        return Endpoints(
            redis_url=redis_url or self._add(ValkeyServer(config.redis, *shared)),
            postgres_dsn=postgres_dsn or self._add(PostgresServer(config.postgres, *shared)),
        )

    def _shared(self) -> tuple[DataDir, threading.Event]:
        return self._data_dir, self._given_up

    def _add(self, server: Server) -> str:
        self._servers.append(server)
        server.start()
        self._log.info("server started", server=server.name, at=hide_passwords(server.address()))
        return server.address()

    def _restart_dead(self) -> list[str]:
        names = self.dead()
        for server in self._servers:
            if server.name in names:
                self._log.warning("server died, starting it again", server=server.name)
                server.start()
        return names

    def _stop(self) -> None:
        for server in reversed(self._servers):
            server.stop()
        self._servers.clear()
