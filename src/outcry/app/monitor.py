"""What a process shows of itself: ``/healthz``, ``/readyz``, ``/status`` and ``/metrics``.

It answers from the same event loop as the services, so an answer also says that the loop turns, and
it reads the services' own figures: nothing is counted twice. It understands GET and nothing else.
"""

import asyncio
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import suppress
from http import HTTPStatus
from typing import Final

import msgspec
from msgspec import Struct
from prometheus_client import CollectorRegistry, GCCollector, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector

from outcry.app.failures import PortTaken, address_in_use
from outcry.app.figures import meaning
from outcry.app.record import Address
from outcry.runtime.service import Service


REQUEST_SECONDS: Final = 5.0
REQUEST_BYTES_MAX: Final = 8_192
CONNECTIONS_MAX: Final = 64


class Part(Struct, frozen=True):
    """A service of this process; ``shard`` is None for those that serve all of them."""

    service: Service
    shard: int | None = None
    #: Setting, host and port, of a service that listens.
    listens: tuple[str, str, int] | None = None

    @property
    def name(self) -> str:
        """The service's name, with its shard if it has one."""
        name = self.service.name
        return name if self.shard is None else f"{name}:{self.shard}"


class ProcessStatus(Struct):
    """The answer to ``/status``: the figures of every service by its name."""

    process: str
    ready: bool
    services: dict[str, dict[str, int]]


class Monitor:
    """Shows the services of one process. Services are added as they start."""

    def __init__(self, process: str, setting: str, address: Address) -> None:
        """Nothing is listened on yet; *setting* is what chose the port."""
        self._process = process
        self._setting = setting
        self._address = address
        self._parts: list[Part] = []
        self._complete = False
        self._server: asyncio.Server | None = None
        self._connections = 0
        self.registry = CollectorRegistry()
        self.registry.register(_Figures(self._parts))
        ProcessCollector(registry=self.registry)
        GCCollector(registry=self.registry)

    async def start(self) -> None:
        """Listen. Raises `PortTaken` when somebody else does."""
        try:
            self._server = await asyncio.start_server(
                self._answer, self._address.host, self._address.port, limit=REQUEST_BYTES_MAX
            )
        except OSError as error:
            if not address_in_use(error):
                raise
            raise PortTaken(self._setting, self._address.host, self._address.port) from error

    def stop(self) -> None:
        """Listen no more."""
        if self._server is not None:
            self._server.close()

    def add(self, part: Part) -> None:
        """Show the figures of *part* too."""
        self._parts.append(part)

    def complete(self) -> None:
        """Every service has started: from now on readiness is theirs."""
        self._complete = True

    def status(self) -> ProcessStatus:
        """Return the figures of all services."""
        services = {part.name: dict(part.service.status()) for part in self._parts}
        ready = self._complete and all(figures.get("ready") for figures in services.values())
        return ProcessStatus(self._process, ready, services)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections += 1
        try:
            async with asyncio.timeout(REQUEST_SECONDS):
                head = await reader.readuntil(b"\r\n\r\n")
                busy = self._connections > CONNECTIONS_MAX
                status, kind, body = _TOO_MANY if busy else self._page(head)
                writer.write(_response(status, kind, body))
                await writer.drain()
        except (OSError, EOFError, TimeoutError, asyncio.LimitOverrunError):
            pass  # whoever asked is gone, or did not ask in HTTP
        finally:
            self._connections -= 1
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    def _page(self, head: bytes) -> tuple[HTTPStatus, str, bytes]:
        method, _, rest = head.partition(b" ")
        path = rest.partition(b" ")[0].partition(b"?")[0]
        if method != b"GET":
            return HTTPStatus.METHOD_NOT_ALLOWED, _TEXT, b"only GET\n"
        if path == b"/healthz":
            return HTTPStatus.OK, _TEXT, b"ok\n"
        if path == b"/readyz":
            ready, waiting = self.status().ready, self._waiting()
            text = "ready\n" if ready else f"waiting for {waiting}\n"
            return HTTPStatus.OK if ready else _UNREADY, _TEXT, text.encode()
        if path == b"/status":
            return HTTPStatus.OK, "application/json", msgspec.json.encode(self.status())
        if path == b"/metrics":
            return HTTPStatus.OK, CONTENT_TYPE_PLAIN_0_0_4, generate_latest(self.registry)
        return HTTPStatus.NOT_FOUND, _TEXT, b"/healthz, /readyz, /status, /metrics\n"

    def _waiting(self) -> str:
        unready = [part.name for part in self._parts if not part.service.status().get("ready")]
        return ", ".join(unready) or "the services to start"


class DiskFigures(Collector):
    """How much room the data folder has left."""

    def __init__(self, folder: str) -> None:
        """Look at *folder* whenever somebody asks."""
        self._folder = folder

    def collect(self) -> Iterator[Metric]:
        """Yield free and whole size of the file system; nothing when it cannot be looked at."""
        with suppress(OSError):
            usage = shutil.disk_usage(self._folder)
            yield GaugeMetricFamily(
                "outcry_disk_free_bytes", "Room left for the data folder.", usage.free
            )
            yield GaugeMetricFamily(
                "outcry_disk_size_bytes", "Size of its file system.", usage.total
            )


#: A figure of one shard of those that a service follows.
_OF_SHARD: Final = re.compile(r"shard_(\d+)_(\w+)")


class _Figures(Collector):
    """The figures of the services as metrics, ``outcry_<service>_<figure>``."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self._parts = parts

    def collect(self) -> Iterator[Metric]:
        families: dict[str, Metric] = {}
        for part in self._parts:
            for stated, value in part.service.status().items():
                service, shard, figure = part.service.name, part.shard, stated
                followed = _OF_SHARD.fullmatch(stated)
                if followed:
                    shard, figure = int(followed[1]), followed[2]
                name = f"outcry_{service}_{figure}"
                family = families.get(name) or families.setdefault(name, _family(service, figure))
                family.add_sample(name, {} if shard is None else {"shard": str(shard)}, value)
        yield from families.values()


def _family(service: str, figure: str) -> Metric:
    kind = CounterMetricFamily if figure.endswith("_total") else GaugeMetricFamily
    name = figure.removesuffix("_total")
    return kind(f"outcry_{service}_{name}", meaning(service, figure), labels=())


def _response(status: HTTPStatus, kind: str, body: bytes) -> bytes:
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Type: {kind}\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode("ascii") + body


_TEXT: Final = "text/plain; charset=utf-8"
_UNREADY: Final = HTTPStatus.SERVICE_UNAVAILABLE
_TOO_MANY: Final = (_UNREADY, _TEXT, b"too many at once\n")
