"""Python client for an Outcry exchange over HTTP and WebSocket. Never imports outcry.

`Client` and `DepthFeed`, `UserFeed` block; `AsyncClient` and `AsyncDepthFeed`, `AsyncUserFeed` are
for asyncio and do the same. Amounts are `decimal.Decimal`; refusals are exceptions with the number
of the rule. Reference: docs/reference/sdk.md.
"""

from outcry_sdk.admin_models import MarketPayout, NewMarket
from outcry_sdk.async_client import AsyncClient
from outcry_sdk.book import LocalBook
from outcry_sdk.calls.batches import NewOrder
from outcry_sdk.client import Client
from outcry_sdk.core import Retries
from outcry_sdk.credentials import Credentials
from outcry_sdk.errors import (
    BadRequestError,
    BookError,
    CapacityError,
    FundsError,
    Gap,
    IdentityError,
    LifecycleError,
    NotFoundError,
    OutcomeUnknownError,
    ProtocolError,
    RejectedError,
    SdkError,
    TermsError,
    UnreachableError,
)
from outcry_sdk.feeds.asynchronous import AsyncDepthFeed, AsyncUserFeed
from outcry_sdk.feeds.connecting import Backoff
from outcry_sdk.feeds.private import (
    BalanceChanged,
    LoggedIn,
    OrderChanged,
    PositionChanged,
    SnapshotTaken,
    Traded,
    TradeSettled,
)
from outcry_sdk.feeds.public import BookChanged, Refused
from outcry_sdk.feeds.sync import DepthFeed, UserFeed


__all__ = [
    "AsyncClient",
    "AsyncDepthFeed",
    "AsyncUserFeed",
    "Backoff",
    "BadRequestError",
    "BalanceChanged",
    "BookChanged",
    "BookError",
    "CapacityError",
    "Client",
    "Credentials",
    "DepthFeed",
    "FundsError",
    "Gap",
    "IdentityError",
    "LifecycleError",
    "LocalBook",
    "LoggedIn",
    "MarketPayout",
    "NewMarket",
    "NewOrder",
    "NotFoundError",
    "OrderChanged",
    "OutcomeUnknownError",
    "PositionChanged",
    "ProtocolError",
    "Refused",
    "RejectedError",
    "Retries",
    "SdkError",
    "SnapshotTaken",
    "TermsError",
    "TradeSettled",
    "Traded",
    "UnreachableError",
    "UserFeed",
]
