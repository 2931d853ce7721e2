"""The api service: everything behind the HTTP door, put together from ports."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from prometheus_client import CollectorRegistry, Counter

from outcry.ports.asset import Asset
from outcry.ports.books import Books
from outcry.ports.community import Community
from outcry.ports.ledger_log import LedgerLog
from outcry.ports.queries import Queries
from outcry.ports.series import Series
from outcry.ports.wallets import Wallets
from outcry.runtime.api_keys import KeyRing
from outcry.runtime.clob_identity import ClobIdentity
from outcry.runtime.clob_keys import ClobKeys
from outcry.runtime.directory import Directory
from outcry.runtime.gate import Gate
from outcry.runtime.identity import Identity
from outcry.runtime.rates import Rates
from outcry.runtime.settlement_stages import SettlementStages
from outcry.services.api.accounts import Accounts
from outcry.services.api.addresses import Addresses, terms_of
from outcry.services.api.catalogue import Catalogue
from outcry.services.api.charts import Charts
from outcry.services.api.clob.config import ClobConfig
from outcry.services.api.clob.door import ClobDoor
from outcry.services.api.clob.funders import Funders
from outcry.services.api.clob.private import Ground, private_parts
from outcry.services.api.clob.public import Public, public_parts
from outcry.services.api.config import ApiConfig
from outcry.services.api.http import HttpServer, Parts, Router, create_app
from outcry.services.api.lookups import Lookups
from outcry.services.api.operator import Operator
from outcry.services.api.ordering import Ordering, Terms
from outcry.services.api.people import People
from outcry.services.api.readiness import Readiness
from outcry.services.api.social import Social
from outcry.services.api.trading import Trading


class Needs(NamedTuple):
    """What the door stands on."""

    asset: Asset
    queries: Queries
    series: Series
    stages: SettlementStages
    community: Community
    books: Books
    log: LedgerLog
    directory: Directory
    identity: Identity
    gate: Gate
    keys: KeyRing
    registry: CollectorRegistry
    #: What wallets that are contracts say of signatures; None where there is no chain.
    wallets: Wallets | None = None


class ApiService:
    """The HTTP door of one process; *routers* of other services are served beside its own."""

    name = "api"

    def __init__(self, config: ApiConfig, needs: Needs, routers: Sequence[Router] = ()) -> None:
        """Put the door together; nothing listens before `start`."""
        self._directory = needs.directory
        self._lookups = Lookups(needs.queries, needs.directory, wait_ms_max=config.read_wait_ms_max)
        parts = _parts(config, needs, self._lookups)
        #: The CLOB surface, None where it is not served.
        self.clob = parts.clob
        self.app = create_app(
            parts, routers, body_bytes_max=config.body_bytes_max, origins=config.origins
        )
        self._server = HttpServer(
            self.app,
            host=config.host,
            port=config.port,
            proxies=config.proxies,
            drain_ms_max=config.drain_ms_max,
        )
        self._started = False

    @property
    def port(self) -> int:
        """The port that is listened on, 0 before `start`."""
        return self._server.port

    def note(self, n: int) -> None:
        """Know that log entry *n* exists, made by another service of this process."""
        self._lookups.note(n)

    async def start(self) -> None:
        """Read the markets, then listen."""
        await self._directory.refresh()
        await self._server.start()
        self._started = True

    async def run(self) -> None:
        """Serve and keep the markets fresh until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._directory.run())
            tasks.create_task(self._server.run())
            if self.clob is not None:
                tasks.create_task(self.clob.private.heartbeats.run())

    async def stop(self) -> None:
        """Finish the requests in progress."""
        self._started = False
        await self._server.stop()

    def status(self) -> Mapping[str, int]:
        """Return figures for metrics and readiness."""
        return {"ready": int(self._started), "port": self.port}


def _parts(config: ApiConfig, needs: Needs, lookups: Lookups) -> Parts:
    catalogue = Catalogue(needs.queries, needs.series, needs.books, lookups, needs.log)
    escrow = config.signing is not None and config.signing.escrow
    rates: Rates[int] = Rates(config.account_requests_per_second_max, time.monotonic)
    return Parts(
        gate=needs.gate,
        holders=Rates(config.account_requests_per_second_max, time.monotonic),
        catalogue=catalogue,
        accounts=Accounts(needs.queries, needs.series, needs.books, lookups, catalogue),
        charts=Charts(needs.series, catalogue, needs.stages),
        social=Social(needs.asset, needs.community, lookups, catalogue, needs.keys),
        ordering=Ordering(
            needs.asset,
            lookups,
            catalogue,
            rates,
            Funders(needs.asset, needs.wallets, escrow=escrow),
            Terms(config.unsigned_orders, config.signing),
        ),
        trading=Trading(needs.asset, lookups, catalogue, rates),
        operator=Operator(needs.asset, lookups, catalogue, needs.identity, needs.keys),
        people=People(needs.asset, needs.queries, lookups, needs.directory, needs.keys),
        addresses=Addresses(needs.asset, lookups, terms_of(config), time.time),
        readiness=Readiness(
            needs.asset,
            needs.queries,
            needs.books,
            needs.log,
            shards_count=config.shards_count,
            lag_entries_max=config.lag_entries_max,
        ),
        clob=None if config.clob is None else _clob(config.clob, needs, lookups, rates),
        registry=needs.registry,
        rejects=Counter(
            "outcry_http_rejects",
            "Requests that were declined, by the number of the rule.",
            ("reject", "name"),
            registry=needs.registry,
        ),
    )


def _clob(config: ClobConfig, needs: Needs, lookups: Lookups, rates: Rates[int]) -> ClobDoor:
    public = _public(needs, lookups)
    ground = Ground(
        asset=needs.asset,
        queries=needs.queries,
        series=needs.series,
        stages=needs.stages,
        directory=needs.directory,
        lookups=lookups,
        reads=public.reads,
        rates=rates,
        wallets=needs.wallets,
        identity=ClobIdentity(ClobKeys(needs.keys), needs.queries),
        gate=needs.gate,
    )
    return ClobDoor(config, public, private_parts(config, ground))


def _public(needs: Needs, lookups: Lookups) -> Public:
    return public_parts(
        queries=needs.queries,
        directory=needs.directory,
        lookups=lookups,
        books=needs.books,
        series=needs.series,
        stages=needs.stages,
        community=needs.community,
    )
