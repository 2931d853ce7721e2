"""Ordering: how an order comes in, alone or with others, signed or not, for good or for a try.

The door judges the form; the ledger decides and its answer is durable when it comes.
"""

import time
from collections.abc import Callable
from typing import Annotated, Final, NamedTuple

from msgspec import Meta, Raw, Struct, json
from msgspec.structs import replace

from outcry.domain.order import OrderStatus
from outcry.domain.rejects import Reject, Rejected
from outcry.domain.signed_order import SignedOrder
from outcry.domain.units import format_money, format_quantity
from outcry.messages.requests import Declined, DryRun, OrderAccepted, OrderRequest, PlaceRequest
from outcry.ports.asset import Asset
from outcry.runtime.envelope import Refusal, Refused, refusal
from outcry.runtime.forms import read_body
from outcry.runtime.identity import Principal
from outcry.runtime.rates import Rates
from outcry.services.api import parse
from outcry.services.api.catalogue import Catalogue
from outcry.services.api.clob.funders import Funders, Signer
from outcry.services.api.forms import Body, PlaceBody
from outcry.services.api.lookups import Lookups
from outcry.services.api.render_orders import placed_view
from outcry.services.api.signed import SIGNED_BODY, Signing, terms_of, unsigned
from outcry.services.api.views import PlacedView
from outcry_wire.records import Side


BATCH_COUNT_MAX: Final = 50
#: What is left of a client order id for the place in a batch: ``-0`` to ``-49``.
KEY_LENGTH_MAX: Final = 61


class OrdersBody(Body, kw_only=True, frozen=True):
    """Orders, each like that of `place_order`; they are numbered in this order."""

    orders: Annotated[list[PlaceBody], Meta(min_length=1, max_length=BATCH_COUNT_MAX)]
    wait: str = ""


class _Orders(Body, kw_only=True, frozen=True):
    """The same, each order still unread: one that is malformed does not spoil the others."""

    orders: list[Raw]
    wait: str = ""


class ItemView(Struct, frozen=True):
    """What became of one order of a batch: ``data``, or why it was declined."""

    code: int
    msg: str
    data: PlacedView | None
    refusal: Refusal | None


class OrdersView(Struct, frozen=True):
    """One result for each order, in the order in which they came."""

    results: list[ItemView]


class VerdictView(Struct, frozen=True):
    """Whether an order would be taken now; ``hold`` is what would be set aside for it.

    ``refusal`` says which check fails, what it got and what it expects.
    """

    valid: bool
    hold: str
    refusal: Refusal | None


class Terms(NamedTuple):
    """What decides whether an order is taken at all."""

    unsigned_orders: bool
    signing: Signing | None


ORDERS_BODY: Final = json.Decoder(_Orders)

Read = tuple[PlaceRequest, str]
Placed = OrderAccepted | Rejected | Declined


class Ordering:
    """New orders of one user."""

    def __init__(
        self,
        asset: Asset,
        lookups: Lookups,
        catalogue: Catalogue,
        rates: Rates[int],
        funders: Funders,
        terms: Terms,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Ask *asset*; *rates* bounds the orders of each account, *clock* dates signatures.

        *funders* knows whose escrow pays for what was signed.
        """
        self._funders = funders
        self._asset = asset
        self._lookups = lookups
        self._catalogue = catalogue
        self._rates = rates
        self._terms = terms
        self._clock = clock

    async def place(self, who: Principal, body: bytes, wait: str = "", key: str = "") -> Placed:
        """Enter the order in *body*; *wait* of the address counts where the body names none.

        *key* names an order that has no ``client_order_id`` of its own.
        """
        limited = self._rates.take(who.account) or parse.check_idempotency_key(key)
        if limited:
            return limited
        read = await self._read(who, body, key)
        if isinstance(read, Rejected):
            return read
        request, own_wait = read
        wait_result = parse.read_wait(own_wait or wait, default=False)
        if isinstance(wait_result, Rejected):
            return wait_result
        (placed,) = await self._submit([request], wait_result=wait_result)
        return placed

    async def place_many(
        self, who: Principal, body: bytes, wait: str = "", key: str = ""
    ) -> OrdersView | Rejected:
        """Enter the orders in *body*, in one batch, each of them for itself."""
        form = read_body(ORDERS_BODY, body)
        if isinstance(form, Rejected):
            return form
        wanted = f"1 to {BATCH_COUNT_MAX} orders"
        if not form.orders:
            return Rejected(Reject.FIELD_INVALID, "orders: none", wanted)
        if len(form.orders) > BATCH_COUNT_MAX:
            return Rejected(Reject.BATCH_TOO_LARGE, str(len(form.orders)), wanted)
        wait_result = parse.read_wait(form.wait or wait, default=False)
        if isinstance(wait_result, Rejected):
            return wait_result
        if len(key) > KEY_LENGTH_MAX:
            wanted = f"Idempotency-Key: at most {KEY_LENGTH_MAX} characters for a batch"
            return Rejected(Reject.FIELD_INVALID, key[:80], wanted)
        limited = parse.check_idempotency_key(key) or self._rates.take(
            who.account, len(form.orders)
        )
        if limited:
            return limited
        results: list[Placed | None] = [None] * len(form.orders)
        requests: list[OrderRequest] = []
        places: list[int] = []
        for index, raw in enumerate(form.orders):
            read = await self._read(who, bytes(raw), f"{key}-{index}" if key else "")
            if isinstance(read, Rejected):
                results[index] = read
            else:
                requests.append(read[0])
                places.append(index)
        placed = await self._submit(requests, wait_result=wait_result) if requests else []
        for index, answer in zip(places, placed, strict=True):
            results[index] = answer
        return OrdersView([_item(result) for result in results if result is not None])

    async def validate(self, who: Principal, body: bytes) -> VerdictView | Rejected:
        """Say whether the order in *body* would be taken now, and do nothing."""
        limited = self._rates.take(who.account)
        if limited:
            return limited
        read = await self._read(who, body, "", links=False)
        if isinstance(read, Rejected):
            return VerdictView(valid=False, hold="", refusal=_refusal(read))
        (result,) = await self._asset.submit([DryRun(read[0])], wait_result=False)
        if isinstance(result, Declined):
            return VerdictView(valid=False, hold="", refusal=_refusal(result))
        assert isinstance(result, OrderAccepted), "the ledger answers each request in kind"
        buying = read[0].side == Side.BUY
        hold = format_money(result.hold) if buying else format_quantity(result.hold)
        return VerdictView(valid=True, hold=hold, refusal=None)

    async def _read(
        self, who: Principal, body: bytes, key: str, *, links: bool = True
    ) -> Read | Rejected:
        """Return the order in *body* and when to answer it; what is signed for a wallet *links*."""
        read = await self._read_form(who, body, links=links)
        if isinstance(read, Rejected):
            return read
        form, signed = read
        market = await self._catalogue.market(form.market_id, form.event_id)
        if isinstance(market, Rejected):
            return market
        account = who.account
        if form.account:
            owned = await self._lookups.account(form.account, who.user_id)
            if isinstance(owned, Rejected):
                return owned
            account = owned
        request = parse.place_request(form, market, account, self._lookups, key)
        if isinstance(request, Rejected):
            return request
        return (replace(request, signed=signed) if signed else request), form.wait

    async def _read_form(
        self, who: Principal, body: bytes, *, links: bool
    ) -> tuple[PlaceBody, SignedOrder | None] | Rejected:
        """Return the order in words, and as it was signed if it was."""
        form = parse.read_place(body, unsigned_orders=self._terms.unsigned_orders)
        signing = self._terms.signing
        if signing is None or form != Rejected(Reject.SIGNED_ORDERS_UNSUPPORTED):
            return form if isinstance(form, Rejected) else (form, None)
        order = read_body(SIGNED_BODY, body)
        if isinstance(order, Rejected):
            return order
        market = await self._catalogue.market(order.market_id, order.event_id)
        if isinstance(market, Rejected):
            return market
        user = await self._catalogue.user(who.user_id, who.registered_n)
        if isinstance(user, Rejected):
            return user
        read = unsigned(order, signing, market, user.address, int(self._clock()))
        if isinstance(read, Rejected):
            return read
        signer, digest = Signer(who.user_id, user.address.lower()), read[0].client_order_id
        problem = await self._funders.problem(
            signer, terms_of(order), bytes.fromhex(digest), links=links
        )
        return problem or read

    async def _submit(
        self, requests: list[OrderRequest], *, wait_result: bool
    ) -> list[OrderAccepted | Declined]:
        results = await self._asset.submit(requests, wait_result=wait_result)
        answers: list[OrderAccepted | Declined] = []
        for result in results:
            assert isinstance(result, OrderAccepted | Declined), "orders are answered in kind"
            if isinstance(result, OrderAccepted):
                self._lookups.note(result.n)
            answers.append(result)
        return answers


def declined_by_book(accepted: OrderAccepted) -> Refused | None:
    """Return why the book declined an order that was numbered, None when it did not."""
    if accepted.status != OrderStatus.REJECTED:
        return None
    return Refused(Rejected(Reject(accepted.reject)), order_id=accepted.order_id, n=accepted.n)


def _item(result: Placed) -> ItemView:
    if isinstance(result, OrderAccepted):
        refused = declined_by_book(result)
        if refused is None:
            return ItemView(0, "success", placed_view(result), None)
    else:
        refused = _refused(result)
    envelope = refusal(refused)
    return ItemView(envelope.code, envelope.msg, None, envelope.data)


def _refusal(result: Rejected | Declined) -> Refusal:
    return refusal(_refused(result)).data


def _refused(result: Rejected | Declined) -> Refused:
    if isinstance(result, Rejected):
        return Refused(result)
    rejected = Rejected(Reject(result.reject), result.got, result.expected)
    return Refused(rejected, retry_after_ms=result.retry_after_ms)
