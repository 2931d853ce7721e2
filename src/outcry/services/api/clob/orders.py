"""Orders of the CLOB surface: verified here, decided by the ledger, answered when the book spoke.

Whoever holds the key is the owner; what counts is what was signed. The order's hash is its name
inside the exchange, so the same order counts once.
"""

import asyncio
from collections.abc import Callable
from typing import Final, NamedTuple

from outcry.domain.market import own_price
from outcry.domain.rejects import Reject, Rejected
from outcry.domain.units import MICROS_PER_SECOND, TIME_US_MAX
from outcry.messages.requests import (
    Declined,
    OrderAccepted,
    OrderRequest,
    OrderResult,
    PlaceRequest,
)
from outcry.ports.asset import Asset
from outcry.ports.projection import MarketRow
from outcry.ports.wallets import Wallets
from outcry.runtime.clob.fees import FeeSchedules, base_fee
from outcry.runtime.clob_identity import Holder
from outcry.runtime.directory import Directory
from outcry.runtime.forms import read_body
from outcry.runtime.rates import Rates
from outcry.services.api.clob.config import ClobConfig
from outcry.services.api.clob.funders import Funders, Signer
from outcry.services.api.clob.order_forms import (
    BATCH_COUNT_MAX,
    ORDER,
    ORDERS,
    TIMES_IN_FORCE,
    OrderBody,
    terms_of,
)
from outcry.services.api.clob.order_views import OrderView, new_trades, order_view
from outcry.services.api.clob.own_writes import OwnWrites
from outcry.services.api.clob.texts import sentence_of
from outcry.services.api.clob.trade_hashes import Announcements
from outcry.services.api.signatures import Terms, signed_order, verify
from outcry.services.api.signed_amounts import (
    TOLERANCE,
    Amounts,
    Grid,
    Signed,
    limit_amounts,
    market_amounts,
)
from outcry_wire.records import OrderKind, SelfTrade, Side, TimeInForce


#: Of a fee rate in an order of the first generation.
FEE_BPS_MAX: Final = 1_000
IMMEDIATE: Final = (TimeInForce.FOK, TimeInForce.IOC)

Outcome = OrderView | Rejected | Declined


class OrderTerms(NamedTuple):
    """What decides whether an order is taken."""

    config: ClobConfig
    #: Seconds since 1970, which dates signatures.
    clock: Callable[[], float]
    #: What wallets that are contracts say; None where there is no chain to ask.
    wallets: Wallets | None


class Read(NamedTuple):
    """An order that is ready for the ledger."""

    request: PlaceRequest
    wait: bool
    market: MarketRow


class Orders:
    """New orders of holders of keys."""

    def __init__(
        self,
        asset: Asset,
        directory: Directory,
        fees: FeeSchedules,
        rates: Rates[int],
        writes: OwnWrites,
        announcements: Announcements,
        terms: OrderTerms,
    ) -> None:
        """Ask *asset*; *rates* bounds the orders of each account."""
        self._announcements = announcements
        self._asset = asset
        self._directory = directory
        self._fees = fees
        self._rates = rates
        self._writes = writes
        self._config, self._clock = terms.config, terms.clock
        self._funders = Funders(asset, terms.wallets, escrow=terms.config.escrow)

    async def place(self, who: Holder, body: bytes) -> Outcome:
        """Enter one order."""
        limited = self._rates.take(who.principal.account)
        if limited:
            return limited
        read = await self._read(who, body)
        if isinstance(read, Rejected):
            return read
        (outcome,) = await self._submit(who, [read])
        return outcome

    async def place_many(self, who: Holder, body: bytes) -> list[OrderView] | Rejected:
        """Enter several orders, in one batch, each of them for itself."""
        items = read_body(ORDERS, body)
        if isinstance(items, Rejected):
            return items
        if not 1 <= len(items) <= BATCH_COUNT_MAX:
            wanted = f"1 to {BATCH_COUNT_MAX} orders"
            return Rejected(Reject.BATCH_TOO_LARGE, str(len(items)), wanted)
        limited = self._rates.take(who.principal.account, len(items))
        if limited:
            return limited
        found: list[Read | Rejected] = [await self._read(who, bytes(item)) for item in items]
        taken = [read for read in found if isinstance(read, Read)]
        placed = iter(await self._submit(who, taken) if taken else [])
        outcomes = [read if isinstance(read, Rejected) else next(placed) for read in found]
        return [_item(outcome) for outcome in outcomes]

    async def _read(self, who: Holder, body: bytes) -> Read | Rejected:
        """Return the order in *body*, verified, and whether its sender waits for the book."""
        form = read_body(ORDER, body)
        return form if isinstance(form, Rejected) else await self.verified(who, form)

    async def verified(self, who: Holder, form: OrderBody) -> Read | Rejected:
        """Return an order when its sender signed it and it says what can be carried out."""
        if form.owner.lower() != who.api_key:
            return Rejected(Reject.NOT_OWNER, form.owner[:80], who.api_key)
        terms = terms_of(form.order)
        if isinstance(terms, Rejected):
            return terms
        token = await self._directory.find_token(str(terms.token_id))
        if token is None:
            return Rejected(Reject.TOKEN_UNKNOWN, str(terms.token_id)[:80])
        tif = TIMES_IN_FORCE.get(form.order_type)
        if tif is None:
            wanted = "GTC, GTD, FOK or FAK"
            return Rejected(Reject.TIME_IN_FORCE_INVALID, form.order_type[:80], wanted)
        now = int(self._clock())
        problem = self._expiry_problem(form, tif, now) or await self._fee_problem(terms, token[0])
        if problem:
            return problem
        digest = verify(terms, self._config.profile, bytes.fromhex(who.address[2:]), now)
        if isinstance(digest, Rejected):
            return digest
        signer = Signer(who.principal.user_id, who.address)
        problem = await self._funders.problem(signer, terms, digest)
        if problem:
            return problem
        amounts = _amounts(terms, token[0], tif, exact=self._config.escrow)
        if isinstance(amounts, Rejected):
            return amounts
        account = who.principal.account
        request = _request(account, terms, form, token, amounts, digest.hex())
        return Read(request, not form.defer_exec, token[0])

    def _expiry_problem(self, form: OrderBody, tif: TimeInForce, now: int) -> Rejected | None:
        """Only a GTD order ends by itself, and not too soon."""
        expiration = int(form.order.expiration)
        if (tif == TimeInForce.GTD) != (expiration > 0):
            got = f"{form.order_type} with expiration {expiration}"
            return Rejected(Reject.EXPIRY_WITHOUT_GTD, got[:80], "GTD with one, or 0")
        least = now + self._config.expiration_margin_seconds
        if expiration and expiration <= least:
            return Rejected(Reject.EXPIRY_IN_PAST, str(expiration), f"after {least}")
        if expiration * MICROS_PER_SECOND > TIME_US_MAX:
            wanted = "at most the end of the year 9999, in seconds"
            return Rejected(Reject.EXPIRY_IN_PAST, str(expiration)[:80], wanted)
        return None

    async def _fee_problem(self, terms: Terms, market: MarketRow) -> Rejected | None:
        """An order of the first generation names the market's fee."""
        if terms.version != "1":
            return None
        fee = base_fee(await self._fees.schedule(market.fee_version))
        if terms.fee_rate_bps == fee and fee <= FEE_BPS_MAX:
            return None
        return Rejected(Reject.ORDER_FEE_RATE_INVALID, str(terms.fee_rate_bps)[:80], str(fee))

    async def _submit(self, who: Holder, reads: list[Read]) -> list[Outcome]:
        requests: list[OrderRequest] = [read.request for read in reads]
        wait = any(read.wait for read in reads)
        results = await self._asset.submit(requests, wait_result=wait)
        for result in results:
            if isinstance(result, OrderAccepted):
                self._writes.note(who.principal.user_id, max(result.n, result.result_n))
        pairs = zip(reads, results, strict=True)
        return await asyncio.gather(*(self._outcome(read, result) for read, result in pairs))

    async def _outcome(self, read: Read, result: OrderResult) -> Outcome:
        """Return what became of an order, with the transactions of its trades."""
        if isinstance(result, Declined):
            return result
        assert isinstance(result, OrderAccepted), "orders are answered in kind"
        trades = new_trades(result)
        hashes = await self._announcements.hashes(trades, read.market)
        account = read.request.account
        told = await self._announcements.passed(account, result, trades, read.market)
        return order_view(result, read.request, hashes, announced=told)


def _amounts(
    terms: Terms, market: MarketRow, tif: TimeInForce, *, exact: bool
) -> Amounts | Rejected:
    buying = terms.side == Side.BUY
    given, taken = terms.maker_amount, terms.taker_amount
    shares, money = (taken, given) if buying else (given, taken)
    grid = Grid(market.tick, market.price_min, market.price_max)
    read = market_amounts if tif in IMMEDIATE else limit_amounts
    return read(Signed(buying, shares, money, tolerance=0 if exact else TOLERANCE), grid)


def _request(
    account: int,
    terms: Terms,
    form: OrderBody,
    token: tuple[MarketRow, int],
    amounts: Amounts,
    name: str,
) -> PlaceRequest:
    """Return a verified order for the ledger."""
    market, outcome = token
    tif = TIMES_IN_FORCE[form.order_type]
    return PlaceRequest(
        account=account,
        market_id=market.market_id,
        outcome=outcome,
        side=terms.side,
        kind=_kind(amounts, tif),
        tif=tif,
        post_only=bool(form.post_only),
        self_trade=SelfTrade.CANCEL_TAKER,
        price=own_price(outcome, amounts.price),
        qty=amounts.qty,
        budget=amounts.budget,
        expire_at_us=int(form.order.expiration) * MICROS_PER_SECOND,
        client_order_id=name,
        signed=signed_order(terms),
    )


def _kind(amounts: Amounts, tif: TimeInForce) -> OrderKind:
    if tif not in IMMEDIATE:
        return OrderKind.LIMIT
    return OrderKind.MARKET_MONEY if amounts.budget else OrderKind.MARKET_QTY


def _item(outcome: Outcome) -> OrderView:
    if isinstance(outcome, OrderView):
        return outcome
    if isinstance(outcome, Declined):
        outcome = Rejected(Reject(outcome.reject), outcome.got, outcome.expected)
    return OrderView(success=False, error_msg=sentence_of(outcome))
