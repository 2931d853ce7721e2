"""What clients send to `/api` about how prices, trades and portfolios went."""

from typing import Annotated, Final, Literal

from msgspec import Meta

from outcry.ports.series import SERIES_COUNT_MAX
from outcry.runtime.forms import Id, OptionalId, Seconds
from outcry.services.api.forms import After, Query, Uid


#: Seconds of each interval by the name that clients use.
INTERVALS: Final = {"1m": 60, "5m": 300, "15m": 900, "1h": 3_600, "4h": 14_400, "1d": 86_400}
Interval = Annotated[
    Literal["1m", "5m", "15m", "1h", "4h", "1d"], Meta(description="Length of one item.")
]
Count = Annotated[int, Meta(ge=1, le=SERIES_COUNT_MAX, description="Most items of the answer.")]
Outcome = Annotated[int, Meta(ge=0, le=1, description="Whose prices: 0 or 1.")]


class CandlesQuery(Query, kw_only=True, frozen=True):
    """Which market, how fine, and when; 0 ends it now."""

    market_id: Id
    event_id: OptionalId = 0
    outcome: Outcome = 0
    interval: Interval = "1h"
    start: Seconds = 0
    end: Seconds = 0
    limit: Count = 100


class TradesQuery(Query, kw_only=True, frozen=True):
    """Which market, and before which trade: that of the last item of the answer before."""

    market_id: Id
    event_id: OptionalId = 0
    before: OptionalId = 0
    before_fill: OptionalId = 0
    limit: Count = 100


class PortfolioQuery(Query, kw_only=True, frozen=True):
    """Whose worth, how fine, and when; 0 ends it now."""

    uid: Uid
    interval: Annotated[
        Literal["1h", "1d"], Meta(description="Each full hour, or each midnight (UTC).")
    ] = "1h"
    start: Seconds = 0
    end: Seconds = 0
    limit: Count = 100
    after: After = 0
