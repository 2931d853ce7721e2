"""A client that blocks."""

import time
from collections.abc import Callable, Iterator
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


def _now(
    call: Callable[Terms, Call[ResultT]],
) -> Callable[Concatenate["Client", Terms], ResultT]:
    """Return the method of `Client` that carries *call* out."""

    @wraps(call)
    def method(self: "Client", /, *args: Terms.args, **kwargs: Terms.kwargs) -> ResultT:
        return self.send(call(*args, **kwargs))

    return method


class Client:
    """Everything that the HTTP doors of one exchange offer, for one user or for nobody.

    The methods are the calls of `outcry_sdk.calls`, with the same arguments; they return the
    answer, and raise `RejectedError`, `UnreachableError`, `OutcomeUnknownError` or `ProtocolError`.
    May be used by several threads at once.
    """

    def __init__(
        self,
        url: str,
        credentials: Credentials | None = None,
        *,
        retries: Retries | None = None,
        timeout: float = TIMEOUT_SECONDS,
        trust_env: bool = True,
    ) -> None:
        """Talk to the exchange at *url* (``http://127.0.0.1:8000``).

        With *trust_env* through the proxy that the environment names, if it does.
        """
        self.url = url
        self.credentials = credentials or Credentials()
        self._retries = retries or Retries()
        self._http = httpx.Client(base_url=url, timeout=timeout, limits=LIMITS, trust_env=trust_env)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def send(self, call: Call[ResultT]) -> ResultT:
        """Carry out *call* and return its result."""
        talk = conversation(call, self._retries)
        step = next(talk)
        while True:
            reply = None
            if isinstance(step, Pause):
                time.sleep(step.seconds)
            else:
                reply = self._ask(step)
            try:
                step = talk.send(reply)
            except StopIteration as end:
                result: ResultT = end.value
                return result

    def every(self, page: Callable[[int], Call[Page[ItemT]]]) -> Iterator[ItemT]:
        """Yield the items of all pages; *page* makes the call of a page, the first is 1."""
        number, more = 1, True
        while more:
            found = self.send(page(number))
            yield from found.items
            number, more = number + 1, found.has_more

    def _ask(self, call: Call[Any]) -> Answer | Lost:
        try:
            return answer(
                self._http.request(
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

    topics = _now(market.topics)
    events = _now(market.events)
    event_detail = _now(market.event_detail)
    depth = _now(market.depth)
    balance = _now(market.balance)
    positions = _now(market.positions)
    open_orders = _now(market.open_orders)
    activity = _now(market.activity)
    candles = _now(charts.candles)
    price_history = _now(charts.price_history)
    trades = _now(charts.trades)
    portfolio_history = _now(charts.portfolio_history)

    # --- one's own account

    user_data = _now(trading.user_data)
    order_history = _now(trading.order_history)
    event_balance = _now(trading.event_balance)
    place_order = _now(trading.place_order)
    place_orders = _now(batches.place_orders)
    validate_order = _now(batches.validate_order)
    cancel_order = _now(trading.cancel_order)
    reduce_order = _now(trading.reduce_order)
    replace_order = _now(trading.replace_order)
    cancel_all_orders = _now(trading.cancel_all_orders)
    split = _now(trading.split)
    merge = _now(trading.merge)
    redeem = _now(trading.redeem)
    accounts = _now(people.accounts)
    open_account = _now(people.open_account)
    transfer = _now(people.transfer)
    request_withdrawal = _now(people.request_withdrawal)
    withdrawals = _now(people.withdrawals)

    # --- operators'

    deposit = _now(operating.deposit)
    withdraw = _now(operating.withdraw)
    create_user = _now(operating.create_user)
    create_key = _now(operating.create_key)
    revoke_key = _now(operating.revoke_key)
    rotate_key = _now(people.rotate_key)
    keys = _now(people.keys)
    users = _now(people.users)
    user = _now(people.user)
    user_accounts = _now(people.user_accounts)
    limits = _now(people.limits)
    audit = _now(people.audit)
    set_fees = _now(operating.set_fees)
    create_event = _now(operating.create_event)
    add_market = _now(operating.add_market)
    pause_market = _now(lifecycle.pause_market)
    resume_market = _now(lifecycle.resume_market)
    close_market = _now(lifecycle.close_market)
    dispute_market = _now(lifecycle.dispute_market)
    propose_market = _now(lifecycle.propose_market)
    resolve_market = _now(lifecycle.resolve_market)
    void_market = _now(lifecycle.void_market)
    pause_event = _now(lifecycle.pause_event)
    resume_event = _now(lifecycle.resume_event)
    close_event = _now(lifecycle.close_event)
    dispute_event = _now(lifecycle.dispute_event)
    propose_event = _now(lifecycle.propose_event)
    resolve_event = _now(lifecycle.resolve_event)
    void_event = _now(lifecycle.void_event)
    set_mode = _now(operating.set_mode)
    set_limits = _now(operating.set_limits)
    freeze = _now(operating.freeze)
    unfreeze = _now(operating.unfreeze)
    create_season = _now(operating.create_season)
    seasons = _now(operating.seasons)
    set_clock = _now(operating.set_clock)
    checkpoint = _now(operating.checkpoint)
