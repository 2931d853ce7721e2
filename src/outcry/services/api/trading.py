"""Trading: cancels and changes of orders, splits, merges and redemptions of one account.

The door judges the form; the ledger decides and its answer is durable when it comes.
"""

from collections.abc import Callable
from typing import TypeVar

from msgspec import json

from outcry.domain.rejects import Reject, Rejected
from outcry.messages.requests import (
    CancelAccepted,
    Declined,
    Done,
    FundsOp,
    MergeOp,
    OrderAccepted,
    OrderRequest,
    RedeemOp,
    SplitOp,
)
from outcry.ports.asset import Asset
from outcry.runtime.amounts import read_quantity
from outcry.runtime.forms import read_body
from outcry.runtime.identity import Principal
from outcry.runtime.rates import Rates
from outcry.services.api import parse
from outcry.services.api.catalogue import Catalogue
from outcry.services.api.forms import (
    CANCEL_ALL_BODY,
    CANCEL_BODY,
    REDEEM_BODY,
    REDUCE_BODY,
    REPLACE_BODY,
    SHARES_BODY,
    ReduceBody,
    ReplaceBody,
)
from outcry.services.api.lookups import Lookups


AnswerT = TypeVar("AnswerT", OrderAccepted, CancelAccepted)
ChangeT = TypeVar("ChangeT", ReduceBody, ReplaceBody)


class Trading:
    """What a user may do with their own account."""

    def __init__(
        self,
        asset: Asset,
        lookups: Lookups,
        catalogue: Catalogue,
        rates: Rates[int],
    ) -> None:
        """Ask *asset*; *rates* bounds the requests of each account."""
        self._asset = asset
        self._lookups = lookups
        self._catalogue = catalogue
        self._rates = rates

    async def cancel(
        self, who: Principal, body: bytes, wait: str = ""
    ) -> CancelAccepted | Rejected | Declined:
        """Cancel one order; by default answers when the book has spoken."""
        limited = self._rates.take(who.account)
        if limited:
            return limited
        form = read_body(CANCEL_BODY, body)
        if isinstance(form, Rejected):
            return form
        wait_result = parse.read_wait(form.wait or wait, default=True)
        if isinstance(wait_result, Rejected):
            return wait_result
        account = await self._account(who, form.account)
        if isinstance(account, Rejected):
            return account
        request = parse.cancel_request(form, account)
        if isinstance(request, Rejected):
            return request
        return await self._submit(request, CancelAccepted, wait_result=wait_result)

    async def reduce(
        self, who: Principal, body: bytes, wait: str = ""
    ) -> OrderAccepted | Rejected | Declined:
        """Take shares off one order; by default answers when the book has spoken."""
        return await self._change(who, body, wait, REDUCE_BODY, parse.reduce_request)

    async def replace(
        self, who: Principal, body: bytes, wait: str = ""
    ) -> OrderAccepted | Rejected | Declined:
        """Give one order new terms; by default answers when the book has spoken."""
        return await self._change(who, body, wait, REPLACE_BODY, parse.replace_request)

    async def _change(
        self,
        who: Principal,
        body: bytes,
        wait: str,
        decoder: json.Decoder[ChangeT],
        request_of: Callable[[ChangeT, int], OrderRequest | Rejected],
    ) -> OrderAccepted | Rejected | Declined:
        limited = self._rates.take(who.account)
        if limited:
            return limited
        form = read_body(decoder, body)
        if isinstance(form, Rejected):
            return form
        wait_result = parse.read_wait(form.wait or wait, default=True)
        if isinstance(wait_result, Rejected):
            return wait_result
        account = await self._account(who, form.account)
        if isinstance(account, Rejected):
            return account
        request = request_of(form, account)
        if isinstance(request, Rejected):
            return request
        return await self._submit(request, OrderAccepted, wait_result=wait_result)

    async def cancel_all(
        self, who: Principal, body: bytes, wait: str = ""
    ) -> CancelAccepted | Rejected | Declined:
        """Cancel many orders; by default answers when the books have spoken."""
        limited = self._rates.take(who.account)
        if limited:
            return limited
        form = read_body(CANCEL_ALL_BODY, body)
        if isinstance(form, Rejected):
            return form
        wait_result = parse.read_wait(form.wait or wait, default=True)
        if isinstance(wait_result, Rejected):
            return wait_result
        if form.market_id:
            market = await self._catalogue.market(form.market_id, form.event_id)
            if isinstance(market, Rejected):
                return market
        elif form.event_id and await self._lookups.event(form.event_id) is None:
            return Rejected(Reject.EVENT_UNKNOWN, str(form.event_id))
        account = await self._account(who, form.account)
        if isinstance(account, Rejected):
            return account
        request = parse.cancel_all_request(form, account)
        return await self._submit(request, CancelAccepted, wait_result=wait_result)

    async def split(self, who: Principal, body: bytes, key: str) -> Done | Rejected | Declined:
        """Turn collateral into both tokens of a market, once per *key*."""
        form = await self._shares(who, body, key)
        if isinstance(form, Rejected):
            return form
        return await self._funds(SplitOp(who.user_id, *form, key))

    async def merge(self, who: Principal, body: bytes, key: str) -> Done | Rejected | Declined:
        """Turn both tokens of a market into collateral, once per *key*."""
        form = await self._shares(who, body, key)
        if isinstance(form, Rejected):
            return form
        return await self._funds(MergeOp(who.user_id, *form, key))

    async def redeem(self, who: Principal, body: bytes, key: str) -> Done | Rejected | Declined:
        """Turn all tokens of a paid market into collateral, once per *key*."""
        limited = self._rates.take(who.account) or parse.check_idempotency_key(key)
        if limited:
            return limited
        form = read_body(REDEEM_BODY, body)
        if isinstance(form, Rejected):
            return form
        market = await self._catalogue.market(form.market_id, form.event_id)
        if isinstance(market, Rejected):
            return market
        account = await self._account(who, form.account)
        if isinstance(account, Rejected):
            return account
        return await self._funds(RedeemOp(who.user_id, account, form.market_id, key))

    async def _shares(
        self, who: Principal, body: bytes, key: str
    ) -> tuple[int, int, int] | Rejected:
        """Return account, market and lots of a split or a merge."""
        limited = self._rates.take(who.account) or parse.check_idempotency_key(key)
        if limited:
            return limited
        form = read_body(SHARES_BODY, body)
        if isinstance(form, Rejected):
            return form
        market = await self._catalogue.market(form.market_id, form.event_id)
        if isinstance(market, Rejected):
            return market
        account = await self._account(who, form.account)
        if isinstance(account, Rejected):
            return account
        qty = read_quantity(form.quantity)
        return qty if isinstance(qty, Rejected) else (account, form.market_id, qty)

    async def _account(self, who: Principal, account: int) -> int | Rejected:
        """Return the account that is named, of those of who asks; 0 names the first."""
        return await self._lookups.account(account, who.user_id) if account else who.account

    async def _submit(
        self, request: OrderRequest, answer: type[AnswerT], *, wait_result: bool
    ) -> AnswerT | Declined:
        (result,) = await self._asset.submit([request], wait_result=wait_result)
        if isinstance(result, Declined):
            return result
        assert isinstance(result, answer), "the ledger answers each request in kind"
        self._lookups.note(result.n)
        return result

    async def _funds(self, op: FundsOp) -> Done | Declined:
        result = await self._asset.funds(op)
        if isinstance(result, Done):
            self._lookups.note(result.n)
        return result
