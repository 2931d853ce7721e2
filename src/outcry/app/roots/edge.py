"""The edge: HTTP, administration and both WebSocket feeds.

Services that share this process share what they read: one set of live books, one directory of
markets, one port for both feeds, one HTTP door with the routes of all of them.
"""

import secrets
import time
from collections.abc import Mapping
from typing import Final

from prometheus_client import Histogram

from outcry.adapters.files import FileTransactions
from outcry.adapters.redis import RedisInbox
from outcry.app.clob_profile import clob_config, signing_of, wallets_of
from outcry.app.commons import Builder, Commons
from outcry.app.credentials import verifier
from outcry.app.measured import feed_delay
from outcry.app.monitor import Part
from outcry.app.rejects_shown import RejectFigures
from outcry.app.roots.chain import chain_of, escrow_desk, settles_on_chain
from outcry.app.roots.clob_feeds import clob_markets, clob_users, settlement_stages
from outcry.app.roots.fresh_directory import FreshDirectory
from outcry.runtime.books import LiveBooks
from outcry.runtime.config import Config, ConfigError
from outcry.runtime.data_dir import DataDir
from outcry.runtime.directory import Directory
from outcry.runtime.gate import Gate
from outcry.runtime.identity import Identity, Registrar
from outcry.runtime.lockout import Lockout
from outcry.runtime.rates import Rates
from outcry.runtime.ws_listener import FeedListener, ListenerConfig, SessionFactory
from outcry.services.api.config import ApiConfig
from outcry.services.api.http import Router
from outcry.services.api.service import ApiService, Needs
from outcry.services.event.http import lifecycle_routes
from outcry.services.event.service import Lifecycle
from outcry.services.event.stream import EventStream
from outcry.services.gateway.door import Gateway, GatewayConfig, Keys
from outcry.services.onchain.config import OnchainConfig
from outcry.services.onchain.service import Onchain
from outcry.services.websocket_depth import config as depth_feed
from outcry.services.websocket_depth.service import WebsocketDepth
from outcry.services.websocket_user import config as user_feed
from outcry.services.websocket_user.service import WebsocketUser


FEEDS: Final = ("websocket_depth", "websocket_user")
SETTLE_BUCKETS_SECONDS: Final = (0.5, 1, 2, 5, 10, 20, 40, 80, 160, 320, 640, 1_800)


async def websocket_depth(commons: Commons) -> list[Part]:
    """Return the public feed."""
    directory = await _directory(commons)
    feed = WebsocketDepth(
        depth_feed.from_limits(commons.config.limits),
        books=await _books(commons),
        directory=directory,
    )
    _route(commons, "/depth", feed.session)
    parts = [Part(feed)]
    if commons.config.clob.enabled:
        market, news = await clob_markets(commons, await _books(commons), directory)
        _route(commons, "/ws/market", market.session)
        parts += [Part(market), Part(news)]
    return [*parts, *_listening(commons, "websocket_depth")]


async def websocket_user(commons: Commons) -> list[Part]:
    """Return the private feed."""
    make = commons.tracer.user_feed() if commons.tracer else WebsocketUser
    feed = make(
        user_feed.from_limits(commons.config.limits),
        bus=commons.bus,
        log=await commons.log(),
        queries=await commons.queries(),
        identity=await _identity(commons),
        lockout=await _lockout(commons),
        directory=await _directory(commons),
    )
    feed.watch(feed_delay(commons.registry))
    _route(commons, "/user", feed.session)
    parts = [Part(feed)]
    if commons.config.clob.enabled:
        users = await clob_users(commons, await _lockout(commons), await _directory(commons), feed)
        _route(commons, "/ws/user", users.session)
        parts.append(Part(users))
    return [*parts, *_listening(commons, "websocket_user")]


async def event(commons: Commons) -> list[Part]:
    """Return a door with the routes of events and markets, unless the api's has them.

    And what takes in the operator's own stream of them, where the configuration names one.
    """
    parts = [] if "api" in commons.services else [await _http(commons)]
    stream = commons.config.events.stream
    if stream:
        inbox = RedisInbox(commons.config.redis.url, stream)
        asset, queries = await commons.asset("door"), await commons.queries()
        parts.append(Part(EventStream(inbox, stream, asset, queries)))
    return parts


async def api(commons: Commons) -> list[Part]:
    """Return the HTTP door, with the routes of ``event`` when that is in this process."""
    return [await _http(commons)]


async def onchain(commons: Commons) -> list[Part]:
    """Return who settles on the chain, if anything of this exchange ever did."""
    settlement = commons.config.settlement
    if not settles_on_chain(commons.config):
        if commons.services == {"onchain"}:
            raise ConfigError("nothing settles on a chain here: settlement.mode is book")
        return []
    place = DataDir(commons.config.data_dir).folder("onchain")
    seconds = Histogram(
        "outcry_onchain_settle_seconds",
        "From the request to settle a fill to the verdict on it.",
        buckets=SETTLE_BUCKETS_SECONDS,
        registry=commons.registry,
    )
    terms = OnchainConfig(
        settlement.confirmations,
        resend_blocks=settlement.resend_blocks,
        # Two senders that find each other shall not come back together.
        standby_blocks=2 * settlement.resend_blocks + secrets.randbelow(10),
        stall_seconds=settlement.stall_seconds,
    )
    chain = await chain_of(commons, place)
    desk, gate = None, None
    if settlement.chain == "evm":
        desk, gate = await escrow_desk(commons, place, terms)
    service = Onchain(
        terms,
        bus=commons.bus,
        log=await commons.log(),
        asset=await commons.asset("onchain"),
        chain=chain,
        transactions=FileTransactions(place / "transactions"),
        took=seconds.observe,
        gate=gate,
    )
    return [Part(service), *([Part(desk)] if desk else [])]


async def _http(commons: Commons) -> Part:
    http = commons.config.http
    asset = await commons.asset("door")
    queries = await commons.queries()
    identity = await _identity(commons)
    addresses = Rates[str](commons.config.limits.address_requests_per_second_max, time.monotonic)
    needs = Needs(
        asset=asset,
        queries=queries,
        series=await commons.series(),
        stages=await settlement_stages(commons),
        community=await commons.community(),
        books=await _books(commons),
        log=await commons.log(),
        directory=await _directory(commons),
        identity=identity,
        gate=Gate(identity, Registrar(identity, asset), addresses, await _lockout(commons)),
        keys=commons.keys,
        registry=commons.registry,
        wallets=wallets_of(commons),
    )
    routers: list[Router] = []
    if "event" in commons.services:
        # What an operator has just made must be found by the next request.
        lifecycle = Lifecycle(asset, queries, note=lambda n: service.note(n))  # noqa: PLW0108 - made below
        routers.append(lifecycle_routes(lifecycle))
    service = ApiService(_api_config(commons.config), needs, routers)
    return Part(service, listens=("http.port", http.host, http.port))


def _api_config(config: Config) -> ApiConfig:
    limits = config.limits
    return ApiConfig(
        host=config.http.host,
        port=config.http.port,
        origins=tuple(filter(None, config.http.origins.split(","))),
        proxies=config.http.proxies,
        unsigned_orders=config.trading.unsigned_orders,
        signing=signing_of(config),
        clob=clob_config(config),
        body_bytes_max=limits.body_bytes_max,
        read_wait_ms_max=limits.read_wait_ms_max,
        account_requests_per_second_max=limits.account_requests_per_second_max,
        address_requests_per_second_max=limits.address_requests_per_second_max,
        drain_ms_max=limits.drain_ms_max,
        lag_entries_max=limits.projection_lag_entries_max,
        shards_count=config.shards.count,
    )


def _route(commons: Commons, path: str, factory: SessionFactory) -> None:
    """Add a path to the feeds' port."""
    commons.feeds[path] = factory


def _listening(commons: Commons, service: str) -> list[Part]:
    """Return who listens on the feeds' port when *service* was the last feed."""
    feeds = commons.config.feeds
    if service != [feed for feed in FEEDS if feed in commons.services][-1]:
        return []
    listener = FeedListener(ListenerConfig.of(commons.config), commons.feeds)
    return [Part(listener, listens=("feeds.port", feeds.host, feeds.port))]


async def _books(commons: Commons) -> LiveBooks:
    async def make() -> LiveBooks:
        log = await commons.log()
        shards = commons.all_shards
        books = LiveBooks(commons.bus, log, commons.snapshots, shards=shards)
        commons.shared.append(Part(books))
        return books

    return await commons.once("books", make)


async def _directory(commons: Commons) -> Directory:
    async def make() -> Directory:
        directory = Directory(await commons.queries())
        if not commons.services & {"api", "event"}:
            commons.shared.append(Part(FreshDirectory(directory)))
        return directory

    return await commons.once("directory", make)


async def _identity(commons: Commons) -> Identity:
    async def make() -> Identity:
        return Identity(verifier(commons.config), commons.keys, await commons.queries())

    return await commons.once("identity", make)


async def _lockout(commons: Commons) -> Lockout:
    async def make() -> Lockout:
        return Lockout(time.monotonic)

    return await commons.once("lockout", make)


async def gateway(commons: Commons) -> list[Part]:
    """Return the binary door."""
    chosen, limits = commons.config.gateway, commons.config.limits
    door = Gateway(
        GatewayConfig(
            host=chosen.host,
            port=chosen.port,
            logon_ms_max=limits.logon_ms_max,
            connections_max=limits.gateway_connections_count_max,
            rate_max=limits.account_requests_per_second_max,
            subscriptions_max=limits.feed_subscriptions_count_max,
        ),
        asset=await commons.asset("door"),
        bus=commons.bus,
        log=await commons.log(),
        queries=await commons.queries(),
        directory=await _directory(commons),
        keys=Keys(await _identity(commons), commons.keys),
        books=await _books(commons),
    )
    commons.registry.register(RejectFigures("gateway", lambda: door.refusals))
    return [Part(door, listens=("gateway.port", chosen.host, chosen.port))]


SERVICES: Final[Mapping[str, Builder]] = {
    "websocket_depth": websocket_depth,
    "websocket_user": websocket_user,
    "event": event,
    "api": api,
    "onchain": onchain,
    "gateway": gateway,
}
