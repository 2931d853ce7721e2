"""The journal: the log read once, each thing in it held against what people asked and were told."""

from collections import Counter, defaultdict
from collections.abc import Callable
from typing import Final

from outcry.adapters.memory import MemoryTables
from outcry.app.sim.bank import Bank, Sheet
from outcry.app.sim.chain import outcome_of
from outcry.app.sim.chain_bank import ChainBank
from outcry.app.sim.taken import Taken
from outcry.app.sim.told import Told
from outcry.domain.fees import FeeSchedule
from outcry.domain.ids import SUSPENSE, asset_market, trade_id
from outcry.domain.ledger.escrow import Operation
from outcry.domain.ledger.pending import Outcome
from outcry.messages import chain_records as chain
from outcry.messages import escrow_records as escrow
from outcry.messages import ledger_records as rec
from outcry.messages import requests as req
from outcry.messages.chain_requests import ReleaseOp
from outcry.messages.commands import PlaceOrder, ReduceOrder, ReplaceOrder, unpack_commands
from outcry.messages.entry import Commands, Decision, Facts, unpack_entry
from outcry.messages.facts import Traded, unpack_facts
from outcry.messages.user_events import FillDone, UserBatch, pack_batches
from outcry.ports.ledger_log import Row
from outcry_wire.records import OrderKind


#: Records of what customers ask for, with the request each comes from.
_ASKED: Final[dict[type[rec.LedgerRecord], Callable[..., req.FundsOp]]] = {
    rec.Deposit: req.DepositOp,
    rec.Withdraw: req.WithdrawOp,
    rec.Transfer: req.TransferOp,
    rec.Split: req.SplitOp,
    rec.Merge: req.MergeOp,
    rec.Redeem: req.RedeemOp,
}
_REQUESTS: Final = frozenset([*_ASKED.values(), ReleaseOp])


class Journal:
    """What the log says, and the bank that follows it."""

    def __init__(
        self, seed: int, told: Told, tables: MemoryTables, find: Callable[[str], None]
    ) -> None:
        """Of *tables* only is taken how much was there when the chain took something back."""
        self._seed = seed
        self._taken = Taken(tables)
        #: Whether contracts keep what people have.
        self._at_home = bool(told.addresses)
        self.bank = ChainBank() if self._at_home else Bank()
        self.n = 0
        self.fills_count = 0
        self.commands: defaultdict[int, bytearray] = defaultdict(bytearray)
        self.facts: defaultdict[int, bytearray] = defaultdict(bytearray)
        #: Private events by entry.
        self.events: dict[int, list[UserBatch]] = {}
        self._told = told
        self._find = find
        self._payouts: dict[int, tuple[int, int]] = {}
        self._fills: Counter[tuple[int, int]] = Counter()
        self._heard: Counter[tuple[int, int]] = Counter()
        #: Told, and not yet seen here.
        self._placed = dict(told.placed)
        self._done = Counter((op, done.n) for op, done in told.done if type(op) in _REQUESTS)
        self._doubtful = list(told.doubtful)
        self._changes_asked = told.changes_asked.copy()
        self._changes_done = set(told.changes_done)

    def take(self, row: Row) -> None:
        """Take the next row of the log."""
        self.n = row.n
        if not row.body:
            return
        entry = unpack_entry(row.body)
        for item in entry.items:
            if isinstance(item, Commands):
                self._take_commands(item)
            elif isinstance(item, Facts):
                self._take_facts(item)
            else:
                self._take_record(item.record)
        if entry.events:
            self.events[row.n] = entry.events
        for batch in entry.events:
            for event in batch.events:
                if isinstance(event, FillDone):
                    self._heard[event.trade_id, event.fill] += 1

    def close(self) -> None:
        """Say what people were told of and the log lacks."""
        for order_id, placed in self._placed.items():
            self._find(f"order {order_id} was answered in entry {placed.n} and is not there")
        for (op, n), count in self._done.items():
            if count > 0:
                self._find(f"{op} was answered as done in entry {n} and is not there")
        for order_id, kind, n in self._changes_done:
            self._find(f"{kind} of order {order_id} was answered in entry {n} and is not there")
        if self._told.newest_n > self.n:
            self._find(f"entry {self._told.newest_n} was answered; the log ends at {self.n}")
        for fill, count in (self._fills + self._heard).items():
            sides = 2
            if self._fills[fill] != 1 or self._heard[fill] != sides:
                self._find(f"fill {fill} is {self._fills[fill]} times in the log and was told"
                           f" {count - self._fills[fill]} times")  # fmt: skip

    def events_body(self, n: int) -> bytes:
        """Return what the stream of private events must show as entry *n*."""
        return pack_batches(self.events.get(n, []))

    # --- orders ---------------------------------------------------------------------------------

    def _take_commands(self, item: Commands) -> None:
        self.commands[item.shard] += item.body
        decisions = iter(item.decisions)
        for command in unpack_commands(item.body):
            if isinstance(command, PlaceOrder):
                self._take_order(command, next(decisions))
            elif isinstance(command, ReduceOrder | ReplaceOrder):
                self._take_change(command)

    def _take_order(self, command: PlaceOrder, decision: Decision) -> None:
        request = self._asked_for(command, decision)
        if request is None:
            self._find(f"entry {self.n} has order {command.order_id}, which nobody asked for")
            return
        if command.order_id in self.bank.orders:
            self._find(f"order {command.order_id} is there twice")
        self.bank.orders[command.order_id] = Sheet(
            command.account, command.instrument, command.outcome, command.side, command.kind,
            command.price, request.budget, command.qty,
            self._told.fee_versions[command.instrument],
        )  # fmt: skip

    def _asked_for(self, command: PlaceOrder, decision: Decision) -> req.PlaceRequest | None:
        """Return the request that the command carries out, when there was one."""
        placed = self._placed.pop(command.order_id, None)
        if placed is not None:
            if placed.n != self.n:
                self._find(f"order {command.order_id} is in entry {self.n}, not in {placed.n}")
            return placed.request if _carries_out(command, decision, placed.request) else None
        if (command.account, decision.client_order_id) in self._told.declined:
            return None
        for doubtful in self._doubtful:
            if isinstance(doubtful, req.PlaceRequest) and _carries_out(command, decision, doubtful):
                self._doubtful.remove(doubtful)
                return doubtful
        return None

    def _take_change(self, command: ReduceOrder | ReplaceOrder) -> None:
        kind = "reduce" if isinstance(command, ReduceOrder) else "replace"
        self._changes_done.discard((command.order_id, kind, self.n))
        self._changes_asked[command.order_id, kind] -= 1
        if self._changes_asked[command.order_id, kind] < 0:
            self._find(f"entry {self.n} has {command}, which nobody asked for (any more)")

    def _take_facts(self, item: Facts) -> None:
        self.facts[item.shard] += item.body
        for fact in unpack_facts(item.body):
            if isinstance(fact, Traded):
                self.fills_count += 1
                self._fills[trade_id(item.shard, fact.seq), fact.fill] += 1
                waits = fact.instrument in self._told.chained
                self.bank.fill(item.shard, fact, waits=waits)
            self.bank.fact(fact)

    # --- money ----------------------------------------------------------------------------------

    def _take_record(self, record: rec.LedgerRecord) -> None:
        if type(record) in _ASKED:
            self._match(record)
        bank = self.bank
        if isinstance(record, rec.Deposit):
            bank.pay_in(record.account, record.amount)
        elif isinstance(record, rec.Withdraw):
            bank.pay_in(record.account, -record.amount)
        elif isinstance(record, rec.Split):
            bank.split(record.account, record.market_id, record.qty)
        elif isinstance(record, rec.Merge):
            bank.split(record.account, record.market_id, -record.qty)
        elif isinstance(record, rec.Transfer):
            bank.transfer(record.source, record.target, record.asset, record.amount)
        elif isinstance(record, rec.Redeem):
            bank.redeem(record.account, record.market_id, self._payouts[record.market_id])
        elif isinstance(record, escrow.EscrowBegun):
            self._match_begun(record)
        elif isinstance(record, rec.Resolved | rec.Voided):
            self._payouts[record.market_id] = (record.payout_0, record.payout_1)
        elif isinstance(record, chain.ChainResult):
            expected = outcome_of(self._seed, record.trade_id, record.fill)
            # Contracts refuse for reasons of their own as well.
            if record.confirmed != (expected == Outcome.CONFIRMED) and not (
                self._at_home and not record.confirmed
            ):
                self._find(f"entry {self.n} has {record}, and the chain said {expected.name}")
            bank.verdict(record.trade_id, record.fill, confirmed=record.confirmed)
        elif isinstance(record, chain.ChainReverted):
            self.bank.revert((record.trade_id, record.fill), self._there)
        elif isinstance(record, rec.FeeScheduleSet):
            bank.fees[record.version] = FeeSchedule(
                record.version, record.kind, record.taker_bps, record.maker_bps,
                record.rebate_bps,
            )  # fmt: skip

    def _there(self, account: int, asset: int, amount: int) -> int:
        """Return how much of *amount* the tables say was there; who is idle gives all there is."""
        there = self._taken.of(self.n, account, asset, amount)
        market, outcome = asset_market(asset) if asset else (0, 0)
        tokens = self.bank.tokens[account, market, outcome]
        total = tokens if market else self.bank.money[account]
        if self._at_home:
            return there  # they know better what is there
        if there > total or (self.bank.is_idle(account) and there != min(amount, total)):
            self._find(f"entry {self.n} took {there} of {amount} of asset {asset} from {account},"
                       f" who had {total}")  # fmt: skip
        return there

    def _match(self, record: rec.LedgerRecord) -> None:
        """Find whose request *record* carries out; each is carried out once."""
        fields = _fields(record)
        asked = _ASKED[type(record)]
        if isinstance(record, rec.Transfer) and record.source == SUSPENSE:
            asked, fields = ReleaseOp, [fields[0], *fields[2:]]
        elif isinstance(record, rec.Transfer):
            fields.insert(1, self._told.owners[record.source])
        self._require(asked(*fields), record)

    def _match_begun(self, record: escrow.EscrowBegun) -> None:
        """Find whose request an operation of the contracts carries out; some are nobody's."""
        if isinstance(self.bank, ChainBank):
            self.bank.begun(record)
        actor, account, key = record.actor, record.account, record.key
        if record.kind == Operation.WITHDRAW:
            op: req.FundsOp = req.WithdrawOp(actor, account, record.asset, record.qty, key)
        elif record.kind == Operation.REDEEM:
            return
        else:
            kind = req.SplitOp if record.kind == Operation.SPLIT else req.MergeOp
            op = kind(actor, account, record.market_id, record.qty, key)
        self._require(op, record)

    def _require(self, op: req.FundsOp, record: rec.LedgerRecord) -> None:
        """Take note that *op* was carried out; a finding when nobody asked for it."""
        if self._done[op, self.n] > 0:
            self._done[op, self.n] -= 1
        elif op in self._doubtful:
            self._doubtful.remove(op)
        else:
            self._find(f"entry {self.n} has {record}, which nobody asked for (any more)")


def _fields(record: rec.LedgerRecord) -> list[object]:
    """Return the fields of *record* that come from its request."""
    return [getattr(record, name) for name in record.__struct_fields__ if name != "at_us"]


def _carries_out(command: PlaceOrder, decision: Decision, request: req.PlaceRequest) -> bool:
    """Return whether *command* says what *request* asked for."""
    bounded = request.price or request.kind == OrderKind.LIMIT
    return (
        (command.account, command.instrument, command.outcome, command.side, command.kind,
         command.tif, bool(command.post_only), command.self_trade, command.qty,
         command.expire_at_us, decision.client_order_id)
        == (request.account, request.market_id, request.outcome, request.side, request.kind,
            request.tif, request.post_only, request.self_trade, request.qty,
            request.expire_at_us, request.client_order_id)
        and (not bounded or command.price == request.price)
    )  # fmt: skip
