"""The exchange of a replay: its own, on a manual clock, in a folder that holds nothing else.

The folder has a mark, made before anything else is in it, that names the files it replays. A folder
with an exchange but without the mark is refused, and so is the mark of other files.
"""

import asyncio
import sys
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from outcry.app.announce import Announcer
from outcry.app.credentials import new_token
from outcry.app.embedded import Exchange
from outcry.app.failures import UsageError
from outcry.app.record import Record
from outcry.app.replay.inputs import Inputs
from outcry.app.settings import address, settle_ports
from outcry.app.stopping import REPLAY_MARK
from outcry.app.supervisor import GaveUp
from outcry.runtime.config import Config
from outcry.runtime.data_dir import DataDir
from outcry_sdk import AsyncClient, Credentials, Retries


FOLDER: Final = "outcry-replay-data"
#: Files of a report, which outlive the exchange that they tell of.
REPORTS: Final = ("report.txt", "report.html")
#: How long an answer may wait for the book or the tables: a replay needs the result, not an excuse.
PATIENCE_MS: Final = 60_000
REQUESTS_PER_SECOND_MAX: Final = 1_000_000
TIMEOUT_SECONDS: Final = 90.0
#: A process of the exchange that dies is back within this, also on a busy machine.
RETRIES: Final = Retries(attempts_max=40)
#: Wall time that a whole replay may take: credentials are good for so long.
LONGEST: Final = "30d"
_ANY_PORT: Final = 0


class Mark(Struct):
    """What a folder replays, and what was set up once."""

    markets_sha256: str
    prices_sha256: str
    step_seconds: int
    #: Version of each fee schedule, by its terms.
    fee_versions: dict[str, int] = msgspec.field(default_factory=dict)


class _Quiet(Announcer):
    """Says that an exchange is started and where; the rest of what `up` says is not for here."""

    def ready(self, record: Record, seconds: float) -> None:
        """Say where to look."""
        sys.stdout.write(f"Ready after {seconds:.1f} s at http://{record.addresses['http']}\n")

    def stopped(self) -> None:
        """Say nothing: the report does."""


class Venue:
    """A running exchange of a replay."""

    def __init__(self, config: Config, mark: Mark) -> None:
        self.config = config
        self.mark = mark
        self.url = f"http://{address(config, 'http', 'port')}"

    def client(self, user: str, *, admin: bool = False) -> AsyncClient:
        """Return a client for *user*."""
        token = new_token(self.config, user, admin=admin, ttl=LONGEST)
        credentials = Credentials(token=token)
        # The venue is on this machine: no proxy leads to it.
        return AsyncClient(
            self.url, credentials, retries=RETRIES, timeout=TIMEOUT_SECONDS, trust_env=False
        )

    def keep_mark(self) -> None:
        """Write the mark down, as a whole."""
        _write(Path(self.config.data_dir), self.mark)


def replay_config(config: Config, data_dir: Path | None) -> Config:
    """Return the configuration of a replay: a clock that it sets, and limits that never bite."""
    if config.postgres.dsn or config.redis.url:
        raise UsageError(
            "a replay runs on servers of its own and does not touch others: "
            "unset postgres.dsn and redis.url"
        )
    if config.auth.key_file:
        raise UsageError("a replay signs its bots' tokens itself: unset auth.key_file")
    metrics = ("core_port", "match_port", "edge_port", "history_port")
    return replace(
        config,
        data_dir=str((data_dir or Path(FOLDER)).absolute()),
        http=replace(config.http, port=_ANY_PORT),
        feeds=replace(config.feeds, port=_ANY_PORT),
        grpc=replace(config.grpc, port=_ANY_PORT),
        gateway=replace(config.gateway, port=_ANY_PORT),
        metrics=replace(config.metrics, **dict.fromkeys(metrics, _ANY_PORT)),
        trading=replace(config.trading, clock="manual"),
        limits=replace(
            config.limits,
            result_wait_ms_max=PATIENCE_MS,
            read_wait_ms_max=PATIENCE_MS,
            account_requests_per_second_max=REQUESTS_PER_SECOND_MAX,
            address_requests_per_second_max=REQUESTS_PER_SECOND_MAX,
        ),
        log=replace(config.log, level="error"),
    )


def claim(config: Config, inputs: Inputs, step_seconds: int) -> Mark:
    """Return the mark of the folder, made when that is new; raises `UsageError`."""
    folder = Path(config.data_dir)
    wanted = Mark(*inputs.digests, step_seconds)
    try:
        mark = msgspec.json.decode((folder / REPLAY_MARK).read_bytes(), type=Mark)
    except FileNotFoundError:
        if folder.is_dir() and any(path.name not in REPORTS for path in folder.iterdir()):
            raise UsageError(
                f"{folder} is not empty and holds no replay: --data-dir names another folder"
            ) from None
        _write(DataDir(folder).path, wanted)
        return wanted
    except msgspec.MsgspecError as error:
        raise UsageError(f"{folder / REPLAY_MARK} cannot be read: {error}") from error
    if (mark.markets_sha256, mark.prices_sha256, mark.step_seconds) != (
        *inputs.digests,
        step_seconds,
    ):
        raise UsageError(
            f"{folder} holds a replay of other files or with other steps: "
            "--data-dir names another folder"
        )
    return mark


@asynccontextmanager
async def running(config: Config, mark: Mark) -> AsyncGenerator[Venue]:
    """Give the exchange of the folder, started for as long as this lasts."""
    config = settle_ports(config)
    exchange = Exchange(config, _Quiet(config, first_time=False))
    life = asyncio.create_task(exchange.run(), name="exchange")
    try:
        await _ready(exchange, life)
        yield Venue(config, mark)
    finally:
        life.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await life
        await exchange.stop()


async def _ready(exchange: Exchange, life: asyncio.Task[None]) -> None:
    ready = asyncio.create_task(exchange.ready.wait())
    try:
        await asyncio.wait({ready, life}, return_when=asyncio.FIRST_COMPLETED)
        if life.done():
            life.result()
            raise GaveUp("the exchange ended before it was ready", 1)
    finally:
        ready.cancel()


def _write(folder: Path, mark: Mark) -> None:
    draft = folder / f"{REPLAY_MARK}.new"
    draft.write_bytes(msgspec.json.format(msgspec.json.encode(mark), indent=2))
    draft.replace(folder / REPLAY_MARK)


def fee_key(terms: Mapping[str, int]) -> str:
    """Return the name of a fee schedule in the mark."""
    return " ".join(f"{name}={value}" for name, value in sorted(terms.items()))
