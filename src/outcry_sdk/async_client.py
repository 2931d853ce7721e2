"""A client for asyncio."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from functools import wraps
from types import TracebackType
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

import httpx

from outcry_sdk.calls import batches, charts, lifecycle, market, operating, people, trading
from outcry_sdk.calls.call import Call
from outcry_sdk.core import Answer, Lost, Pause, Retries, conversation
from outcry_sdk.credentials import Credentials
from outcry_sdk.http import LIMITS, TIMEOUT_SECONDS, answer, headers, lost
from outcry_sdk.models import ItemT, Page


ResultT = TypeVar("ResultT")
Terms = ParamSpec("Terms")


def _awaited(
    call: Callable[Terms, Call[ResultT]],
) -> Callable[Concatenate["AsyncClient", Terms], Coroutine[Any, Any, ResultT]]:
    """Return the method of `AsyncClient` that carries *call* out."""

    @wraps(call)
    async def method(self: "AsyncClient", /, *args: Terms.args, **kwargs: Terms.kwargs) -> ResultT:
        return await self.send(call(*args, **kwargs))

    return method


class AsyncClient:
    """Everything that the HTTP doors of one exchange offer; see `outcry_sdk.Client`."""

    def __init__(
        self,
        url: str,
        credentials: Credentials | None = None,
        *,
        retries: Retries | None = None,
        timeout: float = TIMEOUT_SECONDS,
        trust_env: bool = True,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """Talk to the exchange at *url*, or through another *transport*.

        With *trust_env* through the proxy that the environment names, if it does.
        """
        self.url = url
        self.credentials = credentials or Credentials()
        self._retries = retries or Retries()
        self._http = httpx.AsyncClient(
            base_url=url,
            timeout=timeout,
            limits=LIMITS,
            transport=transport,
            trust_env=trust_env,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Let go of the connections."""
        await self._http.aclose()

    async def send(self, call: Call[ResultT]) -> ResultT:
        """Carry out *call* and return its result."""
        talk = conversation(call, self._retries)
        step = next(talk)
        while True:
            reply = None
            if isinstance(step, Pause):
                await asyncio.sleep(step.seconds)
            else:
                reply = await self._ask(step)
            try:
                step = talk.send(reply)
            except StopIteration as end:
                result: ResultT = end.value
                return result

    async def every(self, page: Callable[[int], Call[Page[ItemT]]]) -> AsyncIterator[ItemT]:
        """Yield the items of all pages; *page* makes the call of a page, the first is 1."""
        number, more = 1, True
        while more:
            found = await self.send(page(number))
            for item in found.items:
                yield item
            number, more = number + 1, found.has_more

    async def _ask(self, call: Call[Any]) -> Answer | Lost:
        try:
            return answer(
                await self._http.request(
                    call.method,
                    call.path,
                    params=call.query,
                    content=call.body,
                    headers=headers(call, self.credentials),
                )
            )
        except httpx.TransportError as error:
            return lost(error)

    # --- anybody's

    topics = _awaited(market.topics)
    events = _awaited(market.events)
    event_detail = _awaited(market.event_detail)
    depth = _awaited(market.depth)
    balance = _awaited(market.balance)
    positions = _awaited(market.positions)
    open_orders = _awaited(market.open_orders)
    activity = _awaited(market.activity)
    candles = _awaited(charts.candles)
    price_history = _awaited(charts.price_history)
    trades = _awaited(charts.trades)
    portfolio_history = _awaited(charts.portfolio_history)

    # --- one's own account

    user_data = _awaited(trading.user_data)
    order_history = _awaited(trading.order_history)
    event_balance = _awaited(trading.event_balance)
    place_order = _awaited(trading.place_order)
    place_orders = _awaited(batches.place_orders)
    validate_order = _awaited(batches.validate_order)
    cancel_order = _awaited(trading.cancel_order)
    reduce_order = _awaited(trading.reduce_order)
    replace_order = _awaited(trading.replace_order)
    cancel_all_orders = _awaited(trading.cancel_all_orders)
    split = _awaited(trading.split)
    merge = _awaited(trading.merge)
    redeem = _awaited(trading.redeem)
    accounts = _awaited(people.accounts)
    open_account = _awaited(people.open_account)
    transfer = _awaited(people.transfer)
    request_withdrawal = _awaited(people.request_withdrawal)
    withdrawals = _awaited(people.withdrawals)

    # --- operators'

    deposit = _awaited(operating.deposit)
    withdraw = _awaited(operating.withdraw)
    create_user = _awaited(operating.create_user)
    create_key = _awaited(operating.create_key)
    revoke_key = _awaited(operating.revoke_key)
    rotate_key = _awaited(people.rotate_key)
    keys = _awaited(people.keys)
    users = _awaited(people.users)
    user = _awaited(people.user)
    user_accounts = _awaited(people.user_accounts)
    limits = _awaited(people.limits)
    audit = _awaited(people.audit)
    set_fees = _awaited(operating.set_fees)
    create_event = _awaited(operating.create_event)
    add_market = _awaited(operating.add_market)
    pause_market = _awaited(lifecycle.pause_market)
    resume_market = _awaited(lifecycle.resume_market)
    close_market = _awaited(lifecycle.close_market)
    dispute_market = _awaited(lifecycle.dispute_market)
    propose_market = _awaited(lifecycle.propose_market)
    resolve_market = _awaited(lifecycle.resolve_market)
    void_market = _awaited(lifecycle.void_market)
    pause_event = _awaited(lifecycle.pause_event)
    resume_event = _awaited(lifecycle.resume_event)
    close_event = _awaited(lifecycle.close_event)
    dispute_event = _awaited(lifecycle.dispute_event)
    propose_event = _awaited(lifecycle.propose_event)
    resolve_event = _awaited(lifecycle.resolve_event)
    void_event = _awaited(lifecycle.void_event)
    set_mode = _awaited(operating.set_mode)
    set_limits = _awaited(operating.set_limits)
    freeze = _awaited(operating.freeze)
    unfreeze = _awaited(operating.unfreeze)
    create_season = _awaited(operating.create_season)
    seasons = _awaited(operating.seasons)
    set_clock = _awaited(operating.set_clock)
    checkpoint = _awaited(operating.checkpoint)
