"""What a follower of the private feed decides, and the account that it keeps up to date. Pure.

``n`` is the last log entry of which every event was taken. An event of entry n follows when the
user's entry before it, ``prev_n``, is not above that; otherwise something is missing, and a new
connection asks for what came after.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from msgspec import DecodeError, Raw, json

from outcry_sdk.errors import ProtocolError, Refusal, SdkError, rejected
from outcry_sdk.feeds import frames
from outcry_sdk.feeds.follower import Reaction
from outcry_sdk.feeds.frames import (
    BalanceUpdate,
    OrderUpdate,
    OwnTrade,
    PositionUpdate,
    PrivateFrame,
    SettledTrade,
    SnapshotPart,
)


Login = Callable[[], Mapping[str, str]]


class Missed(SdkError):
    """Events are missing; connecting again brings them."""


@dataclass(slots=True)
class Account:
    """One's own orders, positions and money, true for log entry ``n``."""

    n: int = 0
    user_id: int = 0
    balance: BalanceUpdate | None = None
    #: Open orders, by order id.
    orders: dict[int, OrderUpdate] = field(default_factory=dict)
    #: Tokens, by token id.
    positions: dict[str, PositionUpdate] = field(default_factory=dict)
    #: One's further accounts by their numbers; ``n`` and ``user_id`` stand here alone.
    further: dict[int, "Account"] = field(default_factory=dict)

    def of(self, account: int) -> "Account":
        """Return this account for 0, else the further one, which comes into being when named."""
        return self.further.setdefault(account, Account()) if account else self


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """The credentials were accepted; what follows may be a snapshot or what was missed."""

    user_id: int


@dataclass(frozen=True, slots=True)
class SnapshotTaken:
    """The account was replaced by a snapshot; ``truncated``: its oldest orders are missing."""

    n: int
    truncated: bool


@dataclass(frozen=True, slots=True)
class OrderChanged:
    """An order of one's own changed, in log entry ``n``."""

    n: int
    order: OrderUpdate


@dataclass(frozen=True, slots=True)
class PositionChanged:
    """Tokens came or went."""

    n: int
    position: PositionUpdate


@dataclass(frozen=True, slots=True)
class BalanceChanged:
    """Money came, went or was set aside."""

    n: int
    balance: BalanceUpdate


@dataclass(frozen=True, slots=True)
class Traded:
    """One side of a fill is one's own."""

    n: int
    trade: OwnTrade


@dataclass(frozen=True, slots=True)
class TradeSettled:
    """The chain spoke of a fill of one's own that was pending."""

    n: int
    settled: SettledTrade


PrivateEvent = (
    LoggedIn
    | SnapshotTaken
    | OrderChanged
    | PositionChanged
    | BalanceChanged
    | Traded
    | TradeSettled
)


class PrivateFollower:
    """The state of one connection after another."""

    path: Final[str] = "/user"

    def __init__(self, login: Login) -> None:
        """Show what *login* returns on each connection."""
        self._login = login
        self.account = Account()
        self._parts: list[SnapshotPart] = []

    def opening(self) -> list[str]:
        """Return what to say on a new connection."""
        self._parts = []
        message: dict[str, object] = dict(self._login())
        if self.account.n:
            message["after"] = self.account.n
        return [json.encode(message).decode()]

    def take(self, message: str | bytes) -> Reaction[PrivateEvent]:
        """Act on a message; raises `RejectedError`, `Missed` or `ProtocolError`."""
        try:
            return Reaction(self._take(frames.private_frame(message)))
        except DecodeError as error:
            raise ProtocolError(f"the private feed said {message[:200]!r}") from error

    def _take(self, frame: PrivateFrame) -> list[PrivateEvent]:
        if frame.event_type == "auth" or frame.reject:
            return self._logged_in(frame)
        if frame.event_type == "snapshot":
            return self._take_part(frame)
        return self._take_event(frame)

    def _logged_in(self, frame: PrivateFrame) -> list[PrivateEvent]:
        if frame.reject:
            refusal = Refusal(frame.reject, frame.name, frame.got, frame.expected)
            raise rejected(frame.message, refusal)
        self.account.user_id = frame.user_id
        return [LoggedIn(frame.user_id)]

    def _take_part(self, frame: PrivateFrame) -> list[PrivateEvent]:
        self._parts.append(frames.snapshot_part(_bytes(frame.data)))
        if frame.part < frame.parts:
            return []
        parts, self._parts = self._parts, []
        account = self.account
        account.n = frame.n
        account.orders, account.positions, account.further = {}, {}, {}
        for part in parts:
            one = account.of(part.account)
            one.balance = part.balance
            one.orders |= {order.order_id: order for order in part.orders}
            one.positions |= {held.token_id: held for held in part.positions}
        return [SnapshotTaken(frame.n, frame.truncated)]

    def _take_event(self, frame: PrivateFrame) -> list[PrivateEvent]:
        account = self.account
        if frame.n <= account.n:
            return []
        if frame.prev_n > account.n:
            raise Missed(f"the account is at entry {account.n}, an event follows {frame.prev_n}")
        event = self._event(frame)
        if frame.last:
            account.n = frame.n
        return event

    def _event(self, frame: PrivateFrame) -> list[PrivateEvent]:
        data = _bytes(frame.data)
        if frame.event_type == "open_order_change":
            order = frames.order_update(data)
            account = self.account.of(order.account)
            if order.over:
                account.orders.pop(order.order_id, None)
            else:
                account.orders[order.order_id] = order
            return [OrderChanged(frame.n, order)]
        if frame.event_type == "position_change":
            held = frames.position_update(data)
            account = self.account.of(held.account)
            if held.quantity:
                account.positions[held.token_id] = held
            else:
                account.positions.pop(held.token_id, None)
            return [PositionChanged(frame.n, held)]
        if frame.event_type == "balance_change":
            balance = frames.balance_update(data)
            self.account.of(balance.account).balance = balance
            return [BalanceChanged(frame.n, balance)]
        if frame.event_type == "trade":
            return [Traded(frame.n, frames.own_trade(data))]
        if frame.event_type == "trade_settled":
            return [TradeSettled(frame.n, frames.settled_trade(data))]
        return []


def _bytes(raw: Raw) -> bytes:
    return bytes(raw)
