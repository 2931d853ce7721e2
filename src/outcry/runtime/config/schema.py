"""Every setting there is: its name, type, bounds, default and meaning.

A name ends in its unit, then ``max`` if it is a bound (``body_bytes_max``). The descriptions become
docs/reference/configuration.md. An empty text means "not set".
"""

from typing import Annotated, Literal

from msgspec import Meta

from outcry.runtime.config.clob import Clob
from outcry.runtime.config.limits import Limits
from outcry.runtime.config.section import Section


Host = Annotated[str, Meta(min_length=1, description="Address to listen on.")]


def _port(service: str) -> Meta:
    return Meta(ge=0, le=65_535, description=f"TCP port of {service}; 0 takes a free one.")


class Postgres(Section, frozen=True):
    """The database of the ledger log and the tables."""

    dsn: Annotated[
        str, Meta(description="PostgreSQL to use, `postgresql://…`; empty starts our own.")
    ] = ""
    replica_dsn: Annotated[
        str, Meta(description="A standby of it that the doors read the tables from; empty: itself.")
    ] = ""
    bin_dir: Annotated[
        str, Meta(description="Folder of `postgres` and `initdb` to start; empty finds one.")
    ] = ""
    shared_buffers_mib: Annotated[
        int, Meta(ge=16, description="Page cache of the PostgreSQL that we start.")
    ] = 256
    read_connections_count: Annotated[
        int,
        Meta(
            ge=1, le=100, description="Connections that one process keeps for each kind of reads."
        ),
    ] = 8


class Redis(Section, frozen=True):
    """The streams between processes. Losing all of it loses nothing."""

    url: Annotated[
        str,
        Meta(description="Redis or Valkey to use, `redis://…` or `unix://…`; empty starts ours."),
    ] = ""
    binary: Annotated[
        str, Meta(description="`valkey-server` or `redis-server` to start; empty finds one.")
    ] = ""
    memory_mib_max: Annotated[
        int, Meta(ge=64, description="Memory bound of the server that we start.")
    ] = 1_024


class Http(Section, frozen=True):
    """The REST surfaces."""

    host: Host = "127.0.0.1"
    port: Annotated[int, _port("the REST surfaces")] = 8_000
    origins: Annotated[
        str,
        Meta(
            pattern=r"^(\*|(https?://[^\s,*]+(,(?=h)|$))*)$",
            description="Origins of web pages that may ask, with commas between; `*` is any.",
        ),
    ] = "*"
    proxies: Annotated[
        str,
        Meta(
            description="Addresses or networks of proxies, with commas between, whose "
            "`X-Forwarded-For` is believed, here and on the feeds."
        ),
    ] = "127.0.0.1"


class Feeds(Section, frozen=True):
    """The WebSocket feeds."""

    host: Host = "127.0.0.1"
    port: Annotated[int, _port("both WebSocket feeds")] = 8_001


class Gateway(Section, frozen=True):
    """The binary order gateway."""

    host: Host = "127.0.0.1"
    port: Annotated[int, _port("the binary order gateway")] = 9_000


class Grpc(Section, frozen=True):
    """The gRPC door of the ledger."""

    host: Host = "127.0.0.1"
    port: Annotated[int, _port("the ledger's gRPC door")] = 5_003
    standby: Annotated[
        str, Meta(description="`host:port` of a second core; whoever asks the ledger tries both.")
    ] = ""


class Metrics(Section, frozen=True):
    """Prometheus metrics and health, one port for each process."""

    host: Host = "127.0.0.1"
    core_port: Annotated[int, _port("metrics of the core process")] = 9_101
    match_port: Annotated[int, _port("metrics of the match process")] = 9_102
    edge_port: Annotated[int, _port("metrics of the edge process")] = 9_103
    history_port: Annotated[int, _port("metrics of the history process")] = 9_104


class Tracing(Section, frozen=True):
    """OpenTelemetry traces of single orders (docs/operating/tracing.md)."""

    enabled: Annotated[
        bool, Meta(description="Send traces; needs `pip install openoutcry[tracing]`.")
    ] = False
    endpoint: Annotated[
        str,
        Meta(pattern=r"^https?://", description="Where a collector takes OTLP over HTTP."),
    ] = "http://127.0.0.1:4318/v1/traces"
    sample_one_in: Annotated[
        int,
        Meta(ge=1, le=10**9, description="Of so many commands of a shard one is traced; 1: all."),
    ] = 1_000
    namespace: Annotated[
        str,
        Meta(min_length=1, max_length=64, description="Name of this exchange among the traces."),
    ] = "outcry"


class Auth(Section, frozen=True):
    """Who may come in."""

    issuer: Annotated[str, Meta(min_length=1, description="`iss` that a token must carry.")] = (
        "privy.io"
    )
    audience: Annotated[str, Meta(min_length=1, description="`aud` that a token must carry.")] = (
        "outcry"
    )
    key_file: Annotated[
        str,
        Meta(
            description="Public keys of the issuer, PEM or JWKS; "
            "empty takes the development key in the data folder."
        ),
    ] = ""
    token_leeway_seconds: Annotated[
        int, Meta(ge=0, le=300, description="How far the issuer's clock may differ from ours.")
    ] = 10


class Trading(Section, frozen=True):
    """How orders may come in."""

    unsigned_orders: Annotated[
        bool, Meta(description="Take orders without a signature: the operator holds the assets.")
    ] = True
    signed_orders: Annotated[
        bool, Meta(description="Take orders with an EIP-712 signature of the user's address.")
    ] = False
    signing_name: Annotated[
        str, Meta(min_length=1, max_length=64, description="Domain name that clients sign for.")
    ] = "Polymarket CTF Exchange"
    signing_chain_id: Annotated[
        int, Meta(ge=1, le=2**53, description="Chain that clients sign for.")
    ] = 31_337
    signing_contract: Annotated[
        str,
        Meta(
            pattern=r"^0x[0-9a-fA-F]{40}$", description="Exchange contract that clients sign for."
        ),
    ] = "0x0000000000000000000000000000000000000000"
    signing_decimals: Annotated[
        int, Meta(ge=6, le=18, description="Decimals of the amounts in signed orders.")
    ] = 6
    post_only_after_start_seconds: Annotated[
        int,
        Meta(
            ge=0,
            le=86_400,
            description="After a start only post-only orders are taken for so long: makers come "
            "back before takers do.",
        ),
    ] = 0
    clock: Annotated[
        Literal["real", "manual"],
        Meta(description="`manual` stands still until an admin sets it: for replays and tests."),
    ] = "real"


class Events(Section, frozen=True):
    """Events and markets from an operator's own system."""

    stream: Annotated[
        str,
        Meta(
            max_length=64,
            description="Stream in Redis to take them from, `event-stream` for instance; empty: "
            "by HTTP only.",
        ),
    ] = ""


class Settlement(Section, frozen=True):
    """When trades are final, and on which chain they settle."""

    mode: Annotated[
        Literal["book", "chain"],
        Meta(description="For markets that are listed from now on: final at the match, or "
             "when the chain has confirmed it; a listing may say otherwise."),
    ] = "book"  # fmt: skip
    confirmations: Annotated[
        int, Meta(ge=1, le=64, description="Blocks, its own included, that make a trade final.")
    ] = 3
    block_ms: Annotated[
        int, Meta(ge=10, le=60_000, description="Time between blocks of the simulated chain.")
    ] = 1_000
    chain: Annotated[
        Literal["simulated", "evm"],
        Meta(description="`evm`: every market, by what `data_dir/chain/deployment.json` names."),
    ] = "simulated"
    rpc_url: Annotated[
        str,
        Meta(
            pattern=r"^$|^https?://",
            description="Node of the chain, JSON-RPC; empty takes the deployment's.",
        ),
    ] = ""
    gas_price_gwei_max: Annotated[
        int, Meta(ge=1, le=1_000_000, description="The most that a unit of gas may cost.")
    ] = 500
    simulated_gas_max: Annotated[
        int, Meta(ge=10**7, le=10**10, description="Gas that a node gives to one simulation.")
    ] = 50_000_000
    resend_blocks: Annotated[
        int,
        Meta(
            ge=1,
            le=1_000,
            description="Blocks after which what is in none is sent again, for more.",
        ),
    ] = 10
    stall_seconds: Annotated[
        int,
        Meta(
            ge=5,
            le=3_600,
            description="Without an answer, or a block while something waits for one, for so long "
            "`onchain` is not ready.",
        ),
    ] = 60


class Shards(Section, frozen=True):
    """How markets are spread over engines."""

    count: Annotated[int, Meta(ge=1, le=64, description="Engines, each with its own sequence.")] = 1


class Log(Section, frozen=True):
    """What the processes say about themselves, on standard error."""

    level: Annotated[
        Literal["debug", "info", "warning", "error"], Meta(description="The least that is written.")
    ] = "info"
    format: Annotated[
        Literal["auto", "console", "json"],
        Meta(description="`auto` is `console` on a terminal and `json` elsewhere."),
    ] = "auto"


class Config(Section, frozen=True):
    """Everything an operator may choose."""

    data_dir: Annotated[
        str, Meta(min_length=1, description="Folder of all that must outlive a process.")
    ] = "outcry-data"
    postgres: Postgres = Postgres()
    redis: Redis = Redis()
    http: Http = Http()
    feeds: Feeds = Feeds()
    gateway: Gateway = Gateway()
    grpc: Grpc = Grpc()
    metrics: Metrics = Metrics()
    tracing: Tracing = Tracing()
    auth: Auth = Auth()
    trading: Trading = Trading()
    clob: Clob = Clob()
    events: Events = Events()
    settlement: Settlement = Settlement()
    shards: Shards = Shards()
    limits: Limits = Limits()
    log: Log = Log()
