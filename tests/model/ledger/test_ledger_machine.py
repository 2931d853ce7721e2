"""The ledger against a bank that anyone can check by eye, over arbitrary streams of requests."""

from collections import deque

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tests.model.ledger.bank import Bank

from outcry.adapters.clock import ManualClock
from outcry.domain.errors import InvariantError
from outcry.domain.fees import FeeKind, FeeSchedule
from outcry.domain.ids import FEES, token_asset
from outcry.domain.ledger.invariants import audit
from outcry.domain.ledger.laws import check_entry
from outcry.domain.ledger.pending import Outcome
from outcry.domain.ledger.state import Position, balance_key, split_key
from outcry.domain.market import MarketMove, MarketState
from outcry.domain.order import Order
from outcry.kernel.naive import NaiveEngine
from outcry.messages import requests as req
from outcry.messages.chain_requests import ChainReportOp, ChainVerdict
from outcry.messages.entry import Commands, unpack_entry
from outcry.messages.facts import Traded, unpack_facts
from outcry.messages.ledger_checkpoints import pack_checkpoint, unpack_checkpoint
from outcry.messages.record_bodies import span
from outcry.runtime.fold import Fold
from outcry.services.asset.config import AssetConfig
from outcry.services.asset.desk import FundsDesk
from outcry.services.asset.sequencer import Sequencer
from outcry_wire.records import OrderKind, SelfTrade, Side, TimeInForce


START_US = 1_700_000_000_000_000
SECOND = 1_000_000
USERS = 4
MARKETS = 3
#: This one settles on a chain.
CHAINED = 3
#: A market is not closed before there was some trade.
BUSY_ORDERS = 12
MONEY = 50_000_000

users = st.integers(0, USERS - 1)
markets = st.integers(1, MARKETS)
outcomes = st.integers(0, 1)
#: Few prices and sizes, so that orders meet.
prices = st.integers(45, 55).map(lambda p: p * 100)
sizes = st.integers(1, 40).map(lambda q: q * 7)
#: After so many entries the fold goes on from a checkpoint.
CHECKPOINT_EVERY = 7


class LedgerMachine(RuleBasedStateMachine):
    """Requests are numbered at once; facts come back later, in runs of any length."""

    @initialize(
        flat=st.tuples(st.integers(0, 1_000), st.integers(0, 1_000), st.integers(0, 10_000)),
        curved=st.tuples(st.integers(0, 1_000), st.integers(0, 1_000), st.integers(0, 10_000)),
    )
    def begin(self, flat: tuple[int, int, int], curved: tuple[int, int, int]) -> None:
        """Three funded users, one with two accounts, and a market with each kind of fee.

        One more market settles on a chain.
        """
        self.clock = ManualClock(START_US)
        self.sequencer = Sequencer(Fold(), AssetConfig())
        self.desk = FundsDesk(self.sequencer, self.clock)
        self.kernel = NaiveEngine()
        self.commands: deque[bytes] = deque()
        self.entries: list[tuple[int, bytes]] = []
        schedules = {
            1: FeeSchedule(1, FeeKind.FLAT, *flat),
            2: FeeSchedule(2, FeeKind.QUADRATIC, *curved),
        }
        self.bank = Bank(schedules)
        self.versions: dict[int, int] = {}
        self.sequencer.advance(START_US)
        self.accounts = []
        for number in range(USERS - 1):
            done = self.do(req.CreateUserOp(0, f"user {number}", "", ""))
            self.accounts.append(done.ids[0])
            self.do(req.DepositOp(0, done.ids[0], 0, MONEY, f"deposit {number}"))
            self.bank.money[done.ids[0]] += MONEY
        # The last one is a second account of the first user, who trades with neither of them.
        self.accounts.append(self.do(req.OpenAccountOp(0, 1, "second")).id)
        for version in (1, 2):
            schedule = schedules[version]
            self.do(req.SetFeesOp(0, schedule.kind, *schedule[2:]))
        for market, version, settlement in ((1, 1, 0), (2, 2, 0), (CHAINED, 1, 1)):
            spec = req.MarketSpec("m", "Really?", fee_version=version, tick=100, price_min=100,
                                  dispute_window_us=(version - 1) * 3 * SECOND,
                                  settlement=settlement)  # fmt: skip
            self.do(req.CreateEventOp(0, f"e{market}", "", "", "", "", "", "", 0, 0, [spec]))

    def do(self, op: req.FundsOp) -> req.Done:
        """Carry out an operation that must be granted."""
        result = self.desk.take(op).result
        assert isinstance(result, req.Done), result
        return result

    @rule(user=users, market=markets, outcome=outcomes, side=st.sampled_from(Side), price=prices,
          qty=sizes, tif=st.sampled_from([TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK]),
          mode=st.sampled_from(SelfTrade))  # fmt: skip
    def limit(self, user: int, market: int, outcome: int, side: Side, price: int, qty: int,
              tif: TimeInForce, mode: SelfTrade) -> None:  # fmt: skip
        """Somebody wants to trade at a limit."""
        self.take(req.PlaceRequest(self.accounts[user], market, outcome, side, OrderKind.LIMIT,
                                   tif, False, mode, price, qty, 0, 0, ""))  # fmt: skip

    @rule(who=st.permutations(range(USERS)), market=markets, price=prices,
          qty=st.tuples(sizes, sizes), buys=st.booleans(), other=outcomes)  # fmt: skip
    def meet(self, who: list[int], market: int, price: int, qty: tuple[int, int],
             buys: bool, other: int) -> None:  # fmt: skip
        """Two want to trade at one price, by transfer, mint or merge, and it is carried out."""
        book = ((who[0], 0, int(not buys)), (who[1], other, int(buys) ^ other))
        for (user, outcome, side), lots in zip(book, qty, strict=True):
            self.take(req.PlaceRequest(
                self.accounts[user], market, outcome, side, OrderKind.LIMIT, TimeInForce.GTC,
                False, 0, price, lots, 0, 0, "",
            ))  # fmt: skip
        self.seal()
        while self.commands:
            self.facts()

    @rule(user=users, market=markets, outcome=outcomes, seconds=st.integers(1, 5), price=prices,
          qty=sizes)  # fmt: skip
    def good_till(
        self, user: int, market: int, outcome: int, seconds: int, price: int, qty: int
    ) -> None:
        """Somebody bids for a while."""
        until = self.sequencer.time_us + seconds * SECOND
        self.take(req.PlaceRequest(self.accounts[user], market, outcome, Side.BUY,
                                   OrderKind.LIMIT, TimeInForce.GTD, True, 0, price, qty, 0,
                                   until, ""))  # fmt: skip

    @rule(user=users, market=markets, outcome=outcomes, money=st.integers(1, 3_000_000),
          tif=st.sampled_from([TimeInForce.IOC, TimeInForce.FOK]))  # fmt: skip
    def spend(self, user: int, market: int, outcome: int, money: int, tif: TimeInForce) -> None:
        """Somebody buys for a sum of money, fees included."""
        self.take(req.PlaceRequest(self.accounts[user], market, outcome, Side.BUY,
                                   OrderKind.MARKET_MONEY, tif, False, 0, 0, 0, money, 0,
                                   ""))  # fmt: skip

    @rule(pick=st.integers(0, 10**6), user=users)
    def cancel(self, pick: int, user: int) -> None:
        """Somebody cancels an order, perhaps another's, perhaps one that is over."""
        live = list(self.sequencer.ledger.orders)
        order = live[pick % len(live)] if live else pick
        self.take(req.CancelRequest(self.accounts[user], order, ""))

    @rule(pick=st.integers(0, 10**6), user=users, by=sizes)
    def reduce(self, pick: int, user: int, by: int) -> None:
        """Somebody takes lots off an order."""
        live = list(self.sequencer.ledger.orders)
        order = live[pick % len(live)] if live else pick
        self.take(req.ReduceRequest(self.accounts[user], order, "", by))

    @rule(pick=st.integers(0, 10**6), own=prices, qty=sizes, post_only=st.booleans())
    def replace(self, pick: int, own: int, qty: int, post_only: bool) -> None:
        """The owner gives an order another price and size, often while it is being filled."""
        live = list(self.sequencer.ledger.orders.values())
        if live:
            order = live[pick % len(live)]
            request = req.ReplaceRequest(order.account, order.order_id, "", own, qty, post_only)
            self.take(request)

    @rule(user=users, market=st.integers(0, MARKETS))
    def cancel_all(self, user: int, market: int) -> None:
        """Somebody cancels everything, in one market or everywhere."""
        self.take(req.CancelAllRequest(self.accounts[user], 0, market))

    @rule(user=users, market=markets, qty=sizes)
    def split(self, user: int, market: int, qty: int) -> None:
        """Somebody turns money into pairs."""
        account = self.accounts[user]
        result = self.desk.take(req.SplitOp(0, account, market, qty, "")).result
        if isinstance(result, req.Done):
            self.bank.pairs(account, market, qty)

    @rule(user=users, market=markets, qty=sizes)
    def merge(self, user: int, market: int, qty: int) -> None:
        """Somebody turns pairs into money."""
        account = self.accounts[user]
        result = self.desk.take(req.MergeOp(0, account, market, qty, "")).result
        if isinstance(result, req.Done):
            self.bank.pairs(account, market, -qty)

    @rule(user=users, amount=st.integers(1, MONEY))
    def withdraw(self, user: int, amount: int) -> None:
        """Somebody takes money out, as far as it is not set aside."""
        account = self.accounts[user]
        result = self.desk.take(req.WithdrawOp(0, account, 0, amount, "")).result
        if isinstance(result, req.Done):
            self.bank.money[account] -= amount

    @rule(one=users, other=users, amount=st.integers(1, MONEY))
    def transfer_money(self, one: int, other: int, amount: int) -> None:
        """Somebody moves money between two accounts; only its own user's are known."""
        old, new = self.accounts[one], self.accounts[other]
        owner = self.sequencer.ledger.owners[old]
        result = self.desk.take(req.TransferOp(0, owner, old, new, 0, amount, "")).result
        if isinstance(result, req.Done):
            assert {one, other} == {0, USERS - 1}
            self.bank.money[old] -= amount
            self.bank.money[new] += amount

    @rule(there=st.booleans(), market=markets, outcome=outcomes, qty=sizes)
    def transfer_tokens(self, there: bool, market: int, outcome: int, qty: int) -> None:
        """The user with two accounts moves tokens between them."""
        old, new = (self.accounts[0], self.accounts[-1])[:: 1 if there else -1]
        asset = token_asset(market, outcome)
        qty = min(qty, self.sequencer.ledger.available(old, asset)) or qty
        result = self.desk.take(req.TransferOp(0, 1, old, new, asset, qty, "")).result
        if isinstance(result, req.Done):
            self.bank.transfer(old, new, market, outcome, qty)

    @rule(user=users, amount=st.integers(1, MONEY // 10))
    def take_all(self, user: int, amount: int) -> None:
        """Somebody takes out all that is not set aside, and brings a little back.

        From now on a hold that is too small has nothing to fall back on.
        """
        account = self.accounts[user]
        available = self.sequencer.ledger.available(account, 0)
        if available:
            self.do(req.WithdrawOp(0, account, 0, available, ""))
            self.bank.money[account] -= available
        self.do(req.DepositOp(0, account, 0, amount + MONEY // 20, ""))
        self.bank.money[account] += amount + MONEY // 20

    @rule(seconds=st.integers(1, 4))
    def time_passes(self, seconds: int) -> None:
        """Orders that were good for a while end."""
        self.sequencer.advance(self.sequencer.time_us + seconds * SECOND)

    @precondition(lambda self: self.sequencer.ledger.next_order_id > BUSY_ORDERS)
    @rule(market=markets)
    def close(self, market: int) -> None:
        """A market closes, if it may."""
        self.desk.take(req.MarketMoveOp(0, market, MarketMove.CLOSE, ""))

    @rule(market=markets, payout=st.sampled_from([0, 2_500, 5_000, 10_000]),
          op=st.sampled_from([req.VoidOp, req.ResolveOp, req.ProposeOp]))  # fmt: skip
    def pay(self, market: int, payout: int, op: type[req.ResolveOp]) -> None:
        """A closed market gets its payout, or one is proposed."""
        self.desk.take(op(0, market, payout, 10_000 - payout))

    @precondition(lambda self: len(self.sequencer.ledger.orders) > 3)
    @rule(market=markets, payout=st.sampled_from([0, 2_500, 10_000]),
          how=st.sampled_from(["resolve", "void", "propose", "refund"]))  # fmt: skip
    def finish(self, market: int, payout: int, how: str) -> None:
        """A market that was traded closes, and as soon as it is drained it is paid in some way."""
        self.close(market)
        self.catch_up()
        if how == "refund":
            self.refund(market)
            return
        ops = {"resolve": req.ResolveOp, "void": req.VoidOp, "propose": req.ProposeOp}
        self.desk.take(ops[how](0, market, payout, 10_000 - payout))

    @rule(market=markets)
    def dispute(self, market: int) -> None:
        """A proposed payout is disputed, if it still may be."""
        self.desk.take(req.MarketMoveOp(0, market, MarketMove.DISPUTE, ""))

    @rule(market=markets)
    def refund(self, market: int) -> None:
        """A closed market is void, and everybody gets back what they paid in."""
        result = self.desk.take(req.VoidOp(0, market, 0, 0, refund=True)).result
        if isinstance(result, req.Done) and not result.repeated:
            self.bank.refund(market)

    @rule(user=users, market=markets)
    def redeem(self, user: int, market: int) -> None:
        """Somebody turns tokens of a paid market into what they are worth."""
        account = self.accounts[user]
        result = self.desk.take(req.RedeemOp(0, account, market, "")).result
        if isinstance(result, req.Done):
            self.bank.redeem(account, market, self.sequencer.ledger.markets[market].payout)

    @rule(user=st.integers(-1, USERS - 1), market=st.integers(0, MARKETS),
          orders=st.integers(0, 3), lots=st.sampled_from([0, 200, 600]),
          money=st.sampled_from([0, 1_000_000, 4_000_000]))  # fmt: skip
    def limit_somebody(self, user: int, market: int, orders: int, lots: int, money: int) -> None:
        """An operator bounds somebody, or everybody, in a market or everywhere, or frees them."""
        account = self.accounts[user] if user >= 0 else 0
        self.do(req.SetLimitsOp(0, account, market, orders, lots, money))

    @rule()
    def checkpoint(self) -> None:
        """Kernel and ledger compare the hashes of all books."""
        self.do(req.CheckpointOp(0))

    @rule()
    def seal(self) -> None:
        """The open batch becomes a log entry; the kernel gets its commands."""
        batch, ledger = self.sequencer.batch, self.sequencer.ledger
        check_entry(ledger, batch.effects)
        sealed = batch.seal(ledger)
        if sealed.entry is None:
            self.sequencer.reopen_batch()
            return
        self.sequencer.next_batch()
        self.entries.append((sealed.n, sealed.body))
        self.commands.extend(item.body for item in sealed.entry.items
                             if isinstance(item, Commands))  # fmt: skip

    @rule()
    def catch_up(self) -> None:
        """The kernel carries out everything that is numbered."""
        self.seal()
        while self.commands:
            self.facts()

    @precondition(lambda self: self.commands)
    @rule()
    def facts(self) -> None:
        """The kernel carries out one run of commands, and the ledger applies what it says."""
        body = self.kernel.process(self.commands.popleft())
        for fact in unpack_facts(body):
            if isinstance(fact, Traded) and fact.instrument == CHAINED:
                self.bank.wait(fact, self.versions)
            elif isinstance(fact, Traded):
                self.bank.fill(fact, self.versions)
        self.sequencer.apply(0, *span(body), body)

    @precondition(lambda self: self.bank.waiting)
    @rule(pick=st.integers(0, 10**6), outcome=st.sampled_from([Outcome.CONFIRMED, Outcome.FAILED]))
    def chain(self, pick: int, outcome: Outcome) -> None:
        """The chain says what became of a fill, of any that waits; and says it once more."""
        key = list(self.bank.waiting)[pick % len(self.bank.waiting)]
        verdict = ChainVerdict(*key, outcome, "0x", "as it happens")
        self.do(ChainReportOp(0, [verdict]))
        assert self.do(ChainReportOp(0, [verdict])).repeated
        if outcome == Outcome.CONFIRMED:
            self.bank.confirm(key)
        else:
            del self.bank.waiting[key]

    @invariant()
    def every_law_holds(self) -> None:
        """Balances, holds and collateral keep all laws after every single step."""
        if hasattr(self, "sequencer"):
            audit(self.sequencer.ledger)

    @invariant()
    def the_bank_agrees(self) -> None:
        """Every total of money and tokens is what the plain bank has."""
        if not hasattr(self, "sequencer"):
            return
        ledger = self.sequencer.ledger
        assert ledger.total(FEES, 0) == self.bank.house >= 0
        for account in self.accounts:
            money, tokens = self.bank.set_aside(account)
            assert ledger.total(account, 0) == self.bank.money[account] - money
            assert ledger.outgoing(account, 0) == money
            for market in range(1, MARKETS + 1):
                position = ledger.positions.get(balance_key(account, market), Position())
                assert position.realised == self.bank.realised[account, market]
                assert position.fees == self.bank.fees[account, market]
                for outcome in (0, 1):
                    owned = ledger.total(account, token_asset(market, outcome))
                    waits = tokens[market, outcome]
                    assert owned == self.bank.tokens[account, market, outcome] - waits
                    assert position.cost[outcome] == self.bank.cost[account, market, outcome]

    def take(self, request: req.OrderRequest) -> None:
        """Let the sequencer decide, and remember the fee schedule of an order it grants."""
        ticket = self.sequencer.take(request)
        if ticket.order is not None and isinstance(ticket.result, req.OrderAccepted):
            self.versions[ticket.order.order_id] = ticket.order.fee_version
            if isinstance(request, req.PlaceRequest):
                self.limits_hold(ticket.order)

    def limits_hold(self, order: Order) -> None:
        """Count by hand what the account of a granted order has, for every limit that fits."""
        ledger, account = self.sequencer.ledger, order.account
        for key, limits in ledger.limits.items():
            who, market = split_key(key)
            if who not in (0, account) or market not in (0, order.market_id):
                continue
            live = [o for o in ledger.orders.values()
                    if o.account == account and market in (0, o.market_id)]  # fmt: skip
            rests = [o for o in live if o.tif in (TimeInForce.GTC, TimeInForce.GTD)]
            assert not limits.orders_max or order not in rests or len(rests) <= limits.orders_max
            if order.side == Side.SELL:
                continue
            held = sum(o.hold for o in live if o.side == Side.BUY)
            assert not limits.notional_max or held <= limits.notional_max
            owned = ledger.total(account, token_asset(order.market_id, order.outcome))
            owned += sum(
                max(o.remaining, o.replace_qty - o.filled) for o in live
                if (o.market_id, o.outcome, o.side) == (order.market_id, order.outcome, Side.BUY)
            )  # fmt: skip
            assert not limits.position_max or owned <= limits.position_max

    def teardown(self) -> None:
        """Drain everything; a fold of the log is the same ledger, and the books agree.

        It goes on from checkpoint to checkpoint, so nothing a later entry needs is lost in one.
        """
        if not hasattr(self, "sequencer"):
            return
        while self.commands or self.sequencer.batch.count or self.bank.waiting:
            while self.bank.waiting:
                self.chain(len(self.entries), Outcome(len(self.bank.waiting) % 2))
            self.catch_up()
            self.the_bank_agrees()
        ledger = self.sequencer.ledger
        fold = Fold()
        for n, body in self.entries:
            fold.apply_entry(n, unpack_entry(body))
            if n % CHECKPOINT_EVERY == 0:
                fold = Fold(unpack_checkpoint(pack_checkpoint(fold.ledger))[0])
        for name in ("balances", "positions", "orders", "markets", "shards", "users", "chain"):
            assert getattr(fold.ledger, name) == getattr(ledger, name), name
        for name in ("pending", "transit", "settling", "waiting"):
            assert not getattr(ledger.chain, name), name
        for market in ledger.markets.values():
            assert market.state != MarketState.CLOSING
        self.kernel.check()


LedgerMachine.TestCase.settings = settings(max_examples=100, stateful_step_count=80, deadline=None)
TestLedger = LedgerMachine.TestCase


def test_a_fact_that_the_kernel_never_made_stops_the_ledger() -> None:
    """A fact about an order that does not exist is a broken law, not a reject."""
    sequencer = Sequencer(Fold(), AssetConfig())
    sequencer.tick(0)
    kernel = NaiveEngine()
    machine = LedgerMachine()
    machine.begin((0, 0, 0), (0, 0, 0))
    machine.limit(0, 1, 0, Side.BUY, 5_000, 7, TimeInForce.GTC, SelfTrade.CANCEL_TAKER)
    machine.seal()
    body = b"".join(machine.commands)
    facts = machine.kernel.process(body)
    machine.sequencer.apply(0, *span(facts), facts)
    tampered = kernel.process(body)
    try:
        machine.sequencer.apply(0, *span(tampered), tampered)
    except InvariantError:
        return
    raise AssertionError("the same facts were applied twice")
