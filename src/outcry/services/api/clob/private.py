"""What the private routes of the CLOB surface work with."""

import time
from typing import Final, NamedTuple

from outcry.domain.rejects import Reject
from outcry.messages.requests import Declined, DryRun, PlaceRequest
from outcry.ports.asset import Asset
from outcry.ports.queries import Queries
from outcry.ports.series import Series
from outcry.ports.wallets import Wallets
from outcry.runtime.clob.fees import FeeSchedules
from outcry.runtime.clob.mirrors import Mirrors
from outcry.runtime.clob_identity import ClobIdentity, Holder
from outcry.runtime.directory import Directory
from outcry.runtime.gate import Gate
from outcry.runtime.rates import Rates
from outcry.runtime.settlement_stages import SettlementStages
from outcry.services.api.clob.balances import Balances
from outcry.services.api.clob.cancels import Cancels
from outcry.services.api.clob.config import ClobConfig
from outcry.services.api.clob.dealings import Dealings
from outcry.services.api.clob.gate import ClobGate
from outcry.services.api.clob.heartbeats import Heartbeats
from outcry.services.api.clob.logins import Logins
from outcry.services.api.clob.notifications import Notifications
from outcry.services.api.clob.orders import Orders, OrderTerms
from outcry.services.api.clob.own_writes import OwnWrites
from outcry.services.api.clob.reads import Reads
from outcry.services.api.clob.rfq.desk import Desk
from outcry.services.api.clob.rfq.service import Quoting
from outcry.services.api.clob.trade_hashes import Announcements
from outcry.services.api.clob.trade_stages import TradeStages
from outcry.services.api.lookups import Lookups
from outcry_wire.records import OrderKind, SelfTrade, Side, TimeInForce


#: Logins from one place in a second: each may register a user.
LOGINS_PER_SECOND_MAX: Final = 10


class Private(NamedTuple):
    """The parts of the surface that need a key."""

    asset: Asset
    gate: ClobGate
    orders: Orders
    quoting: Quoting
    cancels: Cancels
    dealings: Dealings
    balances: Balances
    notifications: Notifications
    heartbeats: Heartbeats
    logins: Logins
    writes: OwnWrites
    login_rates: Rates[str]
    #: Orders and cancels of each account.
    order_rates: Rates[int]

    async def is_frozen(self, who: Holder) -> bool:
        """Return whether the user may only cancel: the ledger says so before it says anything."""
        nowhere = PlaceRequest(
            account=who.principal.account, market_id=0, outcome=0, side=Side.BUY,
            kind=OrderKind.LIMIT, tif=TimeInForce.GTC, post_only=False,
            self_trade=SelfTrade.CANCEL_TAKER, price=1, qty=1, budget=0, expire_at_us=0,
            client_order_id="",
        )  # fmt: skip
        (answer,) = await self.asset.submit([DryRun(nowhere)], wait_result=False)
        return isinstance(answer, Declined) and answer.reject == Reject.ACCOUNT_FROZEN


class Ground(NamedTuple):
    """What the parts stand on, like the rest of the HTTP door."""

    asset: Asset
    queries: Queries
    series: Series
    stages: SettlementStages
    directory: Directory
    lookups: Lookups
    identity: ClobIdentity
    gate: Gate
    reads: Reads
    rates: Rates[int]
    wallets: Wallets | None


def private_parts(config: ClobConfig, ground: Ground) -> Private:
    """Return the parts."""
    asset, queries, rates = ground.asset, ground.queries, ground.rates
    writes = OwnWrites(ground.lookups)
    fees = FeeSchedules(queries)
    mirrors = Mirrors(queries, time.monotonic, escrow=config.escrow)
    terms = OrderTerms(config, time.time, ground.wallets)
    stages = TradeStages(ground.series, ground.stages)
    announcements = Announcements(queries, stages, ground.stages)
    orders = Orders(asset, ground.directory, fees, rates, writes, announcements, terms)
    return Private(
        asset=asset,
        gate=ClobGate(ground.identity, ground.gate, config),
        orders=orders,
        quoting=Quoting(asset, ground.directory, orders, rates, writes, Desk(time.time)),
        cancels=Cancels(asset, queries, ground.reads, rates, writes),
        dealings=Dealings(queries, stages, ground.reads, ground.lookups, fees, writes, mirrors),
        balances=Balances(queries, ground.reads, writes, config, ground.wallets, mirrors),
        notifications=Notifications(
            queries, stages, ground.reads, ground.lookups, writes, time.time
        ),
        heartbeats=Heartbeats(asset, time.monotonic),
        logins=Logins(asset, queries, writes, ground.identity, register=config.register),
        writes=writes,
        login_rates=Rates(LOGINS_PER_SECOND_MAX, time.monotonic),
        order_rates=rates,
    )
