"""Cancels of the CLOB surface: by hash, by market, or all; answered when the books have spoken.

An order that was not signed is named by its number, written like a hash.
"""

import re
from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from outcry.domain.rejects import Reject, Rejected
from outcry.messages.requests import (
    CancelAccepted,
    CancelAllRequest,
    CancelRequest,
    Declined,
    OrderRequest,
)
from outcry.ports.asset import Asset
from outcry.ports.projection import OrderRow
from outcry.ports.queries import PAGE_SIZE_MAX, Queries
from outcry.runtime.clob.names import order_hash, order_number
from outcry.runtime.clob_identity import Holder
from outcry.runtime.rates import Rates
from outcry.services.api.clob.order_forms import CancelMarketBody
from outcry.services.api.clob.own_writes import OwnWrites
from outcry.services.api.clob.reads import Reads
from outcry.services.api.clob.texts import text_of


#: Orders of one request.
CANCELS_COUNT_MAX: Final = 1_000
#: Pages of orders that are looked through for those of one token.
PAGES_MAX: Final = 20
GONE: Final = "the order can't be found: it is matched or canceled already"

_HASH: Final = re.compile(r"0x[0-9a-fA-F]{64}")


class CancelledView(Struct, frozen=True):
    """What was cancelled, and why the rest was not."""

    canceled: list[str]
    not_canceled: dict[str, str]


class Cancels:
    """What a holder of a key may take back."""

    def __init__(
        self, asset: Asset, queries: Queries, reads: Reads, rates: Rates[int], writes: OwnWrites
    ) -> None:
        """Ask *asset*; *rates* bounds the requests of each account."""
        self._asset = asset
        self._queries = queries
        self._reads = reads
        self._rates = rates
        self._writes = writes

    async def cancel(self, who: Holder, names: Sequence[str]) -> CancelledView | Rejected:
        """Cancel orders by their hashes, each of them for itself."""
        if not 1 <= len(names) <= CANCELS_COUNT_MAX:
            wanted = f"1 to {CANCELS_COUNT_MAX} orders"
            return Rejected(Reject.BATCH_TOO_LARGE, str(len(names)), wanted)
        account = who.principal.account
        names = list(dict.fromkeys(names))
        limited = self._rates.take(account, len(names))
        if limited:
            return limited
        requests = {name: request_of(name, account) for name in names}
        asked: list[OrderRequest] = [request for request in requests.values() if request]
        results = await self._asset.submit(asked, wait_result=True) if asked else []
        answers = iter(results)
        canceled, failed = list[str](), dict[str, str]()
        for name, request in requests.items():
            answer = next(answers) if request else None
            if isinstance(answer, CancelAccepted) and answer.order_ids:
                self._writes.note(who.principal.user_id, max(answer.n, answer.result_n))
                canceled.append(name)
            else:
                failed[name] = _reason(answer if isinstance(answer, Declined) else None)
        return CancelledView(canceled, failed)

    async def cancel_all(self, who: Holder) -> CancelledView | Rejected | Declined:
        """Cancel every order of the account."""
        return await self._all(who, CancelAllRequest(who.principal.account, 0, 0))

    async def cancel_market(
        self, who: Holder, form: CancelMarketBody
    ) -> CancelledView | Rejected | Declined:  # fmt: skip
        """Cancel the orders of a market, or of one token."""
        account = who.principal.account
        if form.asset_id:
            token = await self._reads.token(form.asset_id)
            if isinstance(token, Rejected):
                return token
            await self._writes.seen(who.principal.user_id)
            names = [
                name_of(row)
                for row in await self._open(account, token.row.market_id)
                if row.outcome == token.outcome
            ]
            return await self.cancel(who, names) if names else CancelledView([], {})
        if not form.market:
            return Rejected(Reject.FIELD_MISSING, expected="market or asset_id")
        market = await self._reads.market_row(form.market)
        if isinstance(market, Rejected):
            return market
        return await self._all(who, CancelAllRequest(account, 0, market.market_id))

    async def _all(
        self, who: Holder, request: CancelAllRequest
    ) -> CancelledView | Rejected | Declined:
        limited = self._rates.take(who.principal.account)
        if limited:
            return limited
        (answer,) = await self._asset.submit([request], wait_result=True)
        if isinstance(answer, Declined):
            return answer
        assert isinstance(answer, CancelAccepted), "the ledger answers each request in kind"
        self._writes.note(who.principal.user_id, max(answer.n, answer.result_n))
        await self._writes.seen(who.principal.user_id)
        rows = await self._queries.orders_by_id(answer.order_ids)
        known = {row.order_id: name_of(row) for row in rows}
        names = [known.get(one) or order_hash(one, "") for one in answer.order_ids]
        return CancelledView(names, {})

    async def _open(self, account: int, market_id: int) -> list[OrderRow]:
        rows: list[OrderRow] = []
        for number in range(1, PAGES_MAX + 1):
            page = await self._queries.open_orders(
                account, event_id=0, market_id=market_id, page=number, page_size=PAGE_SIZE_MAX
            )
            rows += page.rows
            if number * PAGE_SIZE_MAX >= page.total or len(rows) >= CANCELS_COUNT_MAX:
                break
        return rows[:CANCELS_COUNT_MAX]


def request_of(name: str, account: int) -> CancelRequest | None:
    """Return the cancel of an order by its name on this surface, None when it is no name."""
    if _HASH.fullmatch(name) is None:
        return None
    number = order_number(name)
    return CancelRequest(account, number, "" if number else name[2:].lower())


def name_of(row: OrderRow) -> str:
    """Return what an order is called on this surface."""
    return order_hash(row.order_id, row.client_order_id)


def _reason(declined: Declined | None) -> str:
    if declined is None or declined.reject == Reject.ORDER_UNKNOWN:
        return GONE
    return text_of(Rejected(Reject(declined.reject), declined.got, declined.expected)).error
