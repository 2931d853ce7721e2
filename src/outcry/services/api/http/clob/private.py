"""Routes about what a holder of a key has and did."""

import time
from typing import Annotated, Any, Final

from litestar import MediaType, Response, delete, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath
from msgspec import Meta, Struct, json

from outcry.domain.rejects import Reject, Rejected
from outcry.runtime.envelope import accept
from outcry.runtime.identity import READ, TRADE
from outcry.services.api.clob.balances import BalanceQuery, BalanceView
from outcry.services.api.clob.cancels import CANCELS_COUNT_MAX
from outcry.services.api.clob.cursors import END
from outcry.services.api.clob.dealing_views import OpenOrderView, TradeView
from outcry.services.api.clob.dealings import OrdersQuery, TradesQuery, page_of
from outcry.services.api.clob.heartbeats import HeartbeatBody, HeartbeatView
from outcry.services.api.clob.market_views import Page
from outcry.services.api.clob.notifications import NotificationView
from outcry.services.api.clob.order_forms import CANCELS
from outcry.services.api.clob.views import OK
from outcry.services.api.http.clob.asking import admit
from outcry.services.api.http.clob.signed_asking import asking, counted, form, holder, query
from outcry.services.api.http.parts import Asked, clob


class DropQuery(Struct, frozen=True):
    """Notifications by their ids, with commas between."""

    ids: Annotated[str, Meta(pattern=r"^([0-9]{1,18}(,|$))*$", max_length=20_000)] = ""


class ScoringQuery(Struct, frozen=True):
    """One order."""

    order_id: str = ""


class ScoringView(Struct, frozen=True):
    """Whether an order earns rewards: there are none on this exchange."""

    scoring: bool = False


_HEARTBEAT: Final = json.Decoder(HeartbeatBody)


@get("/data/order/{order_id:str}")
async def order(request: Asked, order_id: FromPath[str]) -> OpenOrderView:
    """One order of the user, open or not."""
    who = await holder(request, READ)
    return accept(await clob(request).private.dealings.order(who, order_id))


@get("/data/orders")
async def orders(request: Asked) -> Page[OpenOrderView]:
    """The user's open orders, newest first."""
    who = await holder(request, READ)
    asked = query(request, OrdersQuery)
    return accept(await clob(request).private.dealings.orders(who, asked))


@get("/data/trades")
async def trades(request: Asked) -> Page[TradeView]:
    """The user's trades, newest first."""
    who = await holder(request, READ)
    asked = query(request, TradesQuery)
    return accept(await clob(request).private.dealings.trades(who, asked))


@get("/data/pre-migration-orders")
async def older_orders(request: Asked) -> Page[OpenOrderView]:
    """Orders from before a migration: this exchange never had one."""
    await holder(request, READ)
    return page_of([], END)


@get("/builder/trades")
async def builder_trades(request: Asked) -> Page[TradeView]:
    """Trades that builders brought: the exchange keeps no account of them."""
    if "poly_builder_signature" in request.headers:
        gate = clob(request).private.gate
        counted(request, accept(await gate.builder(await asking(request), time.time())))
    else:
        admit(request)
        if not request.query_params.get("builder_code"):
            accept(Rejected(Reject.FIELD_MISSING, expected="builder_code"))
    return page_of([], END)


@get(["/balance-allowance", "/balance-allowance/update"])
async def balance(request: Asked) -> BalanceView:
    """What the user has of an asset; there is nothing to be read again for `update`."""
    who = await holder(request, READ)
    asked = query(request, BalanceQuery)
    return accept(await clob(request).private.balances.balance(who, asked))


@get("/notifications")
async def notifications(request: Asked) -> list[NotificationView]:
    """What happened to the user of late."""
    who = await holder(request, READ)
    return await clob(request).private.notifications.told(who)


@delete("/notifications", status_code=200)
async def drop_notifications(request: Asked) -> str:
    """Tell these no more."""
    who = await holder(request, TRADE)
    ids = [int(one) for one in query(request, DropQuery).ids.split(",") if one]
    clob(request).private.notifications.drop(who, ids)
    return OK


@get("/order-scoring")
async def scoring(request: Asked) -> ScoringView:
    """Whether an order earns rewards."""
    await holder(request, READ)
    query(request, ScoringQuery)
    return ScoringView()


@post("/orders-scoring", status_code=200)
async def all_scoring(request: Asked) -> dict[str, bool]:
    """Whether orders earn rewards."""
    await holder(request, READ)
    names = await form(request, CANCELS)
    if len(names) > CANCELS_COUNT_MAX:
        most = f"at most {CANCELS_COUNT_MAX} orders"
        accept(Rejected(Reject.BATCH_TOO_LARGE, str(len(names)), most))
    return dict.fromkeys(names, False)


@get(["/rewards/user", "/rewards/user/markets"])
async def earnings(request: Asked) -> Page[dict[str, Any]]:
    """What the user earned by quoting: nothing is paid for that here."""
    await holder(request, READ)
    return page_of([], END)


@get("/rewards/user/total")
async def total_earnings(request: Asked) -> list[dict[str, Any]]:
    """The same for a day."""
    await holder(request, READ)
    return []


@get("/rewards/user/percentages")
async def percentages(request: Asked) -> dict[str, float]:
    """The user's part of the rewards of each market."""
    await holder(request, READ)
    return {}


@post("/v1/heartbeats", status_code=200)
async def heartbeat(request: Asked) -> Response[HeartbeatView]:
    """Be there: who began this and falls silent has all orders cancelled."""
    who = await holder(request, TRADE)
    sent = (await form(request, _HEARTBEAT)).heartbeat_id or ""
    view = accept(clob(request).private.heartbeats.beat(who, sent))
    return Response(view, status_code=400 if view.error else 200, media_type=MediaType.JSON)


PRIVATE_HANDLERS: Final[list[HTTPRouteHandler]] = [
    order, orders, trades, older_orders, builder_trades, balance, notifications,
    drop_notifications, scoring, all_scoring, earnings, total_earnings, percentages, heartbeat,
]  # fmt: skip
