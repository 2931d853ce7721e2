"""Settings of the HTTP door."""

from msgspec import Struct

from outcry.services.api.clob.config import ClobConfig
from outcry.services.api.signed import Signing


class ApiConfig(Struct, frozen=True, kw_only=True):
    """What the operator chose; units are the last word of a name."""

    host: str = "127.0.0.1"
    #: 0 takes a free one.
    port: int = 8_000
    #: Whether orders without a signature are taken: the operator holds the assets.
    unsigned_orders: bool = True
    #: What signatures of orders are for; None takes no signed orders.
    signing: Signing | None = None
    #: The surface for official Polymarket clients; None: it is not served.
    clob: ClobConfig | None = ClobConfig()
    #: Origins of pages that may ask; ``*`` is any.
    origins: tuple[str, ...] = ("*",)
    #: Who is believed about where a request comes from, with commas between.
    proxies: str = "127.0.0.1"
    body_bytes_max: int = 1_048_576
    #: How long a read waits for ``after=n``, and a lookup for what was just made.
    read_wait_ms_max: int = 1_000
    #: Orders and cancels of one account.
    account_requests_per_second_max: int = 2_000
    #: Requests without identity from one address.
    address_requests_per_second_max: int = 500
    #: Time that requests in progress get when the door closes.
    drain_ms_max: int = 10_000
    #: Log entries that the tables may be behind while the door counts as ready.
    lag_entries_max: int = 20_000
    shards_count: int = 1
