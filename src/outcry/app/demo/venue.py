"""The exchange that a demo trades on: its own, and never another.

A demo venue has a mark in its data folder, made before anything else is in there. A folder that
holds an exchange without the mark is refused, running or not. So are servers named by the
configuration: what is in them is not the folder's.
"""

import asyncio
from collections.abc import AsyncGenerator, Collection
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from outcry.app.demo.people import TokenSource
from outcry.app.embedded import Exchange
from outcry.app.failures import PortTaken, UsageError
from outcry.app.options import load_config
from outcry.app.record import RecordFile, running_pid
from outcry.app.settings import PORTS, address, settle_ports
from outcry.app.stopping import DEMO_MARK, OURS
from outcry.runtime.config import Config
from outcry.runtime.data_dir import DataDir
from outcry.runtime.shutdown import Shutdown
from outcry_sdk import AsyncClient, AsyncDepthFeed, AsyncUserFeed, Backoff, Credentials, Retries


FOLDER: Final = "outcry-demo-data"
CHAIN_FOLDER: Final = "outcry-demo-chain-data"
MARK_TEXT: Final = "This exchange was made by `outcry demo`. Its money is play money.\n"
#: A process of the exchange that dies is back within this: some 40 seconds on a busy machine.
PATIENCE: Final = Retries(attempts_max=24)
CONNECTS_MAX: Final = 16


@dataclass(frozen=True, slots=True)
class Doors:
    """Where the venue is entered, and by whom."""

    config: Config
    http: str
    feeds: str

    def client(self, user: str, *, admin: bool = False) -> AsyncClient:
        """Return a client for *user*."""
        return AsyncClient(self.http, self._credentials(user, admin=admin), retries=PATIENCE)

    def user_feed(self, user: str) -> AsyncUserFeed:
        """Return the private feed of *user*."""
        credentials = self._credentials(user, admin=False)
        return AsyncUserFeed(self.feeds, credentials, backoff=_backoff())

    def depth_feed(self) -> AsyncDepthFeed:
        """Return the public feed."""
        return AsyncDepthFeed(self.feeds, backoff=_backoff())

    def _credentials(self, user: str, *, admin: bool) -> Credentials:
        return Credentials(token=TokenSource(self.config, user, admin=admin))


def _backoff() -> Backoff:
    return Backoff(attempts_max=CONNECTS_MAX)


def demo_config(path: Path | None, data_dir: Path | None, *, chain: bool = False) -> Config:
    """Return the configuration of a demo; its folder is never the usual one of an exchange."""
    config = load_config(path, data_dir)
    if data_dir is None and config.data_dir == str(Path(Config().data_dir).absolute()):
        config = replace(config, data_dir=str(Path(CHAIN_FOLDER if chain else FOLDER).absolute()))
    if config.log.level == "info":
        # What processes say in passing would go through the table.
        config = replace(config, log=replace(config.log, level="error"))
    return config


def claim(config: Config) -> None:
    """Make sure that the folder is a demo's, marking it when it is new; raises `UsageError`."""
    if config.postgres.dsn or config.redis.url:
        raise UsageError(
            "a demo runs on servers of its own and does not touch others: "
            "unset postgres.dsn and redis.url"
        )
    if config.auth.key_file:
        raise UsageError("a demo signs its bots' tokens itself: unset auth.key_file")
    if config.trading.clock != "real":
        raise UsageError("a demo lives in real time: unset trading.clock")
    folder = Path(config.data_dir)
    if (folder / DEMO_MARK).is_file():
        return
    pid = running_pid(config.data_dir)
    if pid is not None:
        raise UsageError(
            f"the exchange that runs in {folder} (pid {pid}) is not a demo venue, and a demo "
            "touches no other: --data-dir names another folder"
        )
    if folder.is_dir() and any(any(folder.glob(pattern)) for pattern in OURS):
        raise UsageError(
            f"{folder} holds an exchange that is not a demo venue, and a demo touches no other: "
            "--data-dir names another folder"
        )
    (DataDir(folder).path / DEMO_MARK).write_text(MARK_TEXT, "utf-8")


def absent_bots(config: Config, names: Collection[str]) -> list[str]:
    """Return bots of earlier demos that are not among *names*, which are noted beside the mark."""
    mark = Path(config.data_dir) / DEMO_MARK
    noted = mark.read_text("utf-8").splitlines()[1:]
    absent = [name for name in noted if name and name not in names]
    mark.write_text("\n".join([MARK_TEXT.strip(), *absent, *names, ""]), "utf-8")
    return absent


@asynccontextmanager
async def entered(config: Config, shutdown: Shutdown) -> AsyncGenerator[Doors | None]:
    """Give the doors of the venue, started here unless it runs already; None: told to stop."""
    claim(config)
    if running_pid(config.data_dir) is not None:
        yield joined(config)
        return
    config = settled(config)
    exchange = Exchange(config)
    running = asyncio.create_task(exchange.run(), name="exchange")
    # Without an exchange there is nothing left to do.
    running.add_done_callback(lambda _: shutdown.request("the exchange ended"))
    try:
        await _ready(exchange, shutdown)
        yield None if shutdown.requested else _doors(config)
        if running.done():
            running.result()
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await running
        await exchange.stop()


def joined(config: Config) -> Doors:
    """Return the doors of the demo venue that runs; raises `UsageError` while it is starting."""
    record = RecordFile(Path(config.data_dir)).running()
    if record is None or not {"http", "feeds"} <= record.addresses.keys():
        raise UsageError(f"the exchange in {config.data_dir} is just starting or ending; try again")
    where = record.addresses
    return Doors(config, f"http://{where['http']}", f"ws://{where['feeds']}")


def settled(config: Config) -> Config:
    """Return *config* with ports that are free: a demo gives way to whoever has one already."""
    for _ in PORTS:
        try:
            return settle_ports(config)
        except PortTaken as taken:
            section, name = taken.setting.split(".")
            group = replace(getattr(config, section), **{name: 0})
            config = replace(config, **{section: group})
    return settle_ports(config)


async def _ready(exchange: Exchange, shutdown: Shutdown) -> None:
    waits = [asyncio.create_task(exchange.ready.wait()), asyncio.create_task(shutdown.wait())]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()


def _doors(config: Config) -> Doors:
    http, feeds = address(config, "http", "port"), address(config, "feeds", "port")
    return Doors(config, f"http://{http}", f"ws://{feeds}")
