"""The sequencer: gives each granted request its number, its time and its place in the open batch.

Everything happens in memory and at once; nothing is awaited here. Time is read once per batch of
requests and never runs backwards. Before a command is numbered, whatever was due earlier is: orders
that expire (a `Tick`) and markets that end (their closing), in the order of their times.
"""

from outcry.domain.ids import command_number
from outcry.domain.ledger.checks import Granted
from outcry.domain.ledger.state import ClientOrder, Ledger, Market
from outcry.domain.market import INSTRUMENT_STATES, TRADING_STATES, MarketMove
from outcry.domain.order import Order
from outcry.domain.rejects import Reject, Rejected
from outcry.messages.commands import (
    Command,
    PlaceOrder,
    Tick,
    pack_command,
)
from outcry.messages.entry import Decision
from outcry.messages.ledger_records import LedgerRecord, MarketStateSet, Resolved
from outcry.messages.requests import (
    Declined,
    DryRun,
    OrderAccepted,
    OrderCommand,
    OrderRequest,
    PlaceRequest,
    SessionCommand,
)
from outcry.messages.session_requests import SessionRequest
from outcry.runtime.fold import Fold
from outcry.runtime.rules import apply_command, check_place
from outcry.services.asset import changes, closing, sessions
from outcry.services.asset.answers import busy, declined, request_digest
from outcry.services.asset.batch import OpenBatch
from outcry.services.asset.config import AssetConfig
from outcry.services.asset.due import Due
from outcry.services.asset.tickets import Ticket


class Sequencer:
    """Turns requests into numbered commands and records, applied as they are numbered."""

    def __init__(self, fold: Fold, config: AssetConfig) -> None:
        self.fold = fold
        self.ledger: Ledger = fold.ledger
        self.config = config
        self.time_us = fold.ledger.time_us
        self.batch = OpenBatch(fold.ledger.n + 1)
        self.due = Due(fold.ledger)
        self.closing = closing.Closing(fold.ledger)
        self._ticked_us: dict[int, int] = {}
        #: Until then only post-only orders are taken: the exchange has just started.
        self.post_only_until_us = 0
        #: API key of who asks for what is being recorded, 0 for a token and for the clock.
        self.acting_key = 0
        #: Up to which entry the tables are written, as last heard.
        self.tables_n = fold.ledger.n

    def next_batch(self) -> None:
        """Begin the batch of the next log entry: the open one is sealed."""
        self.batch = OpenBatch(self.batch.n + 1)

    def reopen_batch(self) -> None:
        """Begin the same batch again: the open one held nothing to commit."""
        self.batch = OpenBatch(self.batch.n)

    # --- time -----------------------------------------------------------------------------------

    def advance(self, now_us: int) -> None:
        """Make *now_us* the time of what is numbered next, after everything due until then."""
        now_us = max(now_us, self.time_us)
        for at_us, market_id, order_id in self.due.until(now_us):
            self.time_us = max(self.time_us, at_us)
            if market_id:
                self._market_is_due(self.ledger.markets[market_id])
            elif order_id in self.ledger.orders:
                self._expire(self.ledger.orders[order_id])
        self.time_us = now_us

    def tick(self, shard: int) -> int:
        """Number a tick on *shard*; returns its seq."""
        self._ticked_us[shard] = self.time_us
        return self.number(shard, Tick(0, self.next_seq(shard), self.time_us, 0))

    def tick_all(self) -> list[tuple[int, int]]:
        """Number a tick on every shard; returns ``(shard, seq)`` of each."""
        return [(shard, self.tick(shard)) for shard in range(self.config.shards_count)]

    def _expire(self, order: Order) -> None:
        """Number the tick that expires *order*, unless one on its way does."""
        shard = self.ledger.markets[order.market_id].shard
        if self._ticked_us.get(shard, 0) < order.expire_at_us:
            self.tick(shard)

    def _market_is_due(self, market: Market) -> None:
        """Close a market at its end, or let its proposed payout stand, unless that is past."""
        if market.state in TRADING_STATES:
            self.move_market(market.market_id, MarketMove.CLOSE, actor=0, reason="end time")
        elif 0 < market.final_at_us <= self.time_us:
            self.record(Resolved(self.time_us, 0, market.market_id, *market.proposed))

    # --- numbering ------------------------------------------------------------------------------

    def next_seq(self, shard: int) -> int:
        """Return the number that the next command of *shard* will have."""
        return self.ledger.shard(shard).numbered + 1

    def number(self, shard: int, command: Command, decision: Decision | None = None) -> int:
        """Apply *command*, add it to the batch, return its seq."""
        batch, seq = self.batch, command.seq
        self.ledger.n = batch.n
        apply_command(self.ledger, batch.effects, shard, command, decision)
        batch.add_command(shard, seq, pack_command(command), decision)
        return seq

    def apply(self, shard: int, first: int, last: int, body: bytes) -> None:
        """Apply facts ``first..last`` of *shard* and add them to the batch."""
        self.ledger.n = self.batch.n
        self.fold.apply_facts(shard, body, self.batch.effects)
        self.batch.add_facts(shard, first, last, body)
        if self.closing:
            self.closing.go_on(self, shard)

    def record(self, record: LedgerRecord) -> None:
        """Apply *record* and add it to the batch."""
        self.ledger.n = self.batch.n
        self.fold.apply_record(record, self.batch.effects)
        self.batch.add_record(record, self.acting_key)

    def move_market(
        self, market_id: int, action: MarketMove, *, actor: int, reason: str
    ) -> tuple[int, int]:
        """Carry out a legal pause, resume or close; returns ``(shard, seq)`` of the command."""
        self.record(MarketStateSet(self.time_us, actor, market_id, action, reason))
        market = self.ledger.markets[market_id]
        if action == MarketMove.CLOSE:
            return market.shard, self.closing.begin(self, market)
        return market.shard, closing.set_book(self, market, INSTRUMENT_STATES[market.state])

    # --- orders ---------------------------------------------------------------------------------

    def take(self, request: OrderRequest) -> Ticket:
        """Number one order or cancel, or decline it."""
        if self.batch.count >= self.config.batch_count_max:
            return Ticket(busy())
        if isinstance(request, PlaceRequest):  # most are
            return self._place(request, 0)
        if isinstance(request, SessionCommand):
            return sessions.take(self, request)
        if isinstance(request, SessionRequest):
            return sessions.ask(self, request)
        if isinstance(request, DryRun):
            granted = check_place(self.ledger, request.order, self.time_us)
            if isinstance(granted, Rejected):
                return Ticket(declined(granted))
            return Ticket(OrderAccepted(0, self.ledger.n, hold=granted.hold))
        return self.take_command(request)

    def take_command(self, command: OrderCommand, goes_with: int = 0) -> Ticket:
        """Number a command; an order *goes_with* the connection of a session (see `Order`)."""
        if isinstance(command, PlaceRequest):
            return self._place(command, goes_with)
        return changes.take(self, command)

    def _place(self, request: PlaceRequest, goes_with: int) -> Ticket:
        digest = b""
        if request.client_order_id:
            digest = request_digest(request)
            known = self.ledger.client_orders.get((request.account, request.client_order_id))
            if known:
                return self._repeat(request, known, digest)
        granted = check_place(self.ledger, request, self.time_us)
        if isinstance(granted, Rejected):
            return Ticket(declined(granted))
        early = self.too_early(post_only=request.post_only)
        if early:
            return Ticket(early)
        number = granted.shard
        if self.is_busy(number) or self.awaits_chain(request.market_id):
            return Ticket(busy())
        command = self._place_command(request, granted, self.next_seq(number))
        terms = (granted.hold, granted.fee_version, request.client_order_id, digest)
        decision = Decision(*terms, granted.signed, goes_with)
        seq = self.number(number, command, decision)
        order = self.ledger.orders[command.order_id]
        if request.expire_at_us:
            self.due.watch_order(order)
        accepted = OrderAccepted(
            order.order_id,
            self.batch.n,
            remaining=order.remaining,
            update_id=seq,
            command=command_number(number, seq),
        )
        return Ticket(accepted, ((number, seq),), order)

    def too_early(self, *, post_only: bool) -> Declined | None:
        """Decline what would take, for a while after a start."""
        wait_us = self.post_only_until_us - self.time_us
        if wait_us <= 0 or post_only:
            return None
        expected = "a post-only order, or a little later"
        wait_ms = -(-wait_us // 1_000)
        return Declined(Reject.MODE_FORBIDS, "just started", expected, retry_after_ms=wait_ms)

    def _place_command(self, request: PlaceRequest, granted: Granted, seq: int) -> PlaceOrder:
        # By place: so many names would cost more than the object.
        return PlaceOrder(
            request.market_id,
            seq,
            self.time_us,
            request.account,
            self.ledger.next_order_id,
            granted.user_id,
            request.outcome,
            request.side,
            request.kind,
            request.tif,
            int(request.post_only),
            request.self_trade,
            granted.price,
            request.qty,
            granted.budget,
            request.expire_at_us,
        )

    def _repeat(self, request: PlaceRequest, known: ClientOrder, digest: bytes) -> Ticket:
        """Give the first answer again, or refuse a client order id with other content."""
        if known.request_hash != digest:
            return Ticket(Declined(Reject.CLIENT_ORDER_ID_REUSED, request.client_order_id))
        live = self.ledger.orders.get(known.order_id)
        accepted = OrderAccepted(
            known.order_id,
            known.n,
            known.status,
            known.filled,
            live.remaining if live else known.remaining,
            known.volume,
            known.fee,
            known.reason,
            known.reject,
            repeated=True,
            update_id=live.update_id if live else 0,
        )
        if live is None:
            return Ticket(accepted)
        market = self.ledger.markets[live.market_id]
        # Its own command may not have been carried out yet; then the repeat waits for it too.
        return Ticket(accepted, ((market.shard, live.update_id),), live)

    def awaits_chain(self, market_id: int) -> bool:
        """Return whether a market has as many fills that wait for the chain as it may have."""
        return self.ledger.markets[market_id].pending_count >= self.config.pending_fills_max

    def is_busy(self, number: int, *, cancels: bool = False) -> bool:
        """Return whether shard *number* has too much on its way; *cancels* are taken for longer."""
        shard = self.ledger.shard(number)
        in_flight = shard.numbered - shard.applied
        if cancels:
            return in_flight >= self.config.inflight_cancels_max
        lag = self.batch.n - self.tables_n
        return (
            in_flight >= self.config.inflight_orders_max
            or lag > self.config.projection_lag_entries_max
        )
