"""The auditor: what must be there, from what people were told, against what is there.

First the log: everything that anybody was told of stands there exactly once, in the entry that the
answer named, and nothing stands there that nobody asked for. Then a bank of the auditor's own works
out every order, balance and position, and ledger, tables, engines, public books and private events
must all say the same. Last `verify`, with the kernel that anyone can check by eye.
"""

from collections.abc import Callable, Mapping
from typing import Final

from outcry.app.sim.archivist import whole
from outcry.app.sim.bank import Bank
from outcry.app.sim.chain import settled_on
from outcry.app.sim.chain_bank import ChainBank
from outcry.app.sim.contracts import Contracts
from outcry.app.sim.journal import Journal
from outcry.app.sim.layout import Grounds
from outcry.app.sim.lines import at_once
from outcry.app.sim.listener import Listener
from outcry.app.sim.process import Process
from outcry.app.sim.rest import of_kind
from outcry.app.sim.told import Told, is_later
from outcry.app.verify.run import verify
from outcry.domain.bookhash import ledger_book_hash
from outcry.domain.ids import COLLATERAL, EXTERNAL, FEES, SUSPENSE, token_asset
from outcry.domain.ledger.state import Ledger, split_key
from outcry.domain.market import MarketState
from outcry.domain.order import OrderStatus
from outcry.kernel.naive import NaiveEngine
from outcry.messages.record_bodies import cut
from outcry.messages.requests import OrderAccepted
from outcry.runtime.books import LiveBooks
from outcry.services.asset.service import AssetService
from outcry.services.match_engine.service import MatchEngine
from outcry.services.onchain.proof import prove
from outcry_wire.records import OrderKind, Side


#: More than any world has.
BLOCKS_MAX: Final = 1_000_000


class Auditor:
    """Knows what was told, and looks at everything else."""

    def __init__(
        self, seed: int, told: Told, grounds: Grounds, find: Callable[[str], None]
    ) -> None:
        self._seed = seed
        self._told = told
        self._grounds = grounds
        self._find = find
        self.fills_count = 0
        self.entries_count = 0

    def audit(self, processes: Mapping[str, Process], asset: AssetService | None) -> None:
        """Compare; nothing moves meanwhile."""
        assert asset is not None, "who is at rest has a writer"
        journal = Journal(self._seed, self._told, self._grounds.tables.tables, self._find)
        log = whole(self._grounds.log, self._grounds.archive)
        for row in log.rows:
            journal.take(row)
        journal.close()
        self.fills_count, self.entries_count = journal.fills_count, journal.n
        bank = journal.bank
        self._orders_told(bank)
        ledger = asset.ledger
        chain = self._grounds.chain
        if isinstance(bank, ChainBank) and isinstance(chain, Contracts):
            self._compare_contracts(bank, ledger, chain)
        else:
            self._compare_ledger(bank, ledger)
        self._compare_orders(bank, ledger)
        settled = settled_on(self._grounds.chain) - bank.reverted
        self._same("fills settled", set(bank.settled), settled)
        self._compare_tables(bank, ledger)
        self._compare_books(ledger, processes)
        self._compare_streams(journal)
        heard = of_kind(processes, Listener)[0].heard
        if heard != journal.events:
            self._find("what users heard is not what the log says")
        report = at_once(verify(log, self._grounds.tables, kernel_class=NaiveEngine))
        for finding in report.findings:
            self._find(f"verify: {finding}")

    def _same(self, what: str, found: object, expected: object) -> None:
        if found != expected:
            self._find(f"{what}: {found}, and it should be {expected}")

    # --- people ---------------------------------------------------------------------------------

    def _orders_told(self, bank: Bank) -> None:
        """What the bank worked out must agree with the last word about each order."""
        for order_id, placed in self._told.placed.items():
            sheet = bank.orders.get(order_id)
            if sheet is None:
                continue  # the journal said so
            final = OrderAccepted(
                order_id, placed.n, sheet.status, sheet.filled, sheet.remaining, sheet.volume,
                sheet.fee,
            )  # fmt: skip
            latest = placed.latest
            if latest.status > OrderStatus.OPEN:
                told = [latest.status, latest.filled, latest.remaining, latest.volume]
                be = [final.status, final.filled, final.remaining, final.volume]
                if sheet.market not in self._told.chained:  # whose fees follow the verdicts
                    told.append(latest.fee)
                    be.append(final.fee)
                self._same(f"order {order_id} was told to have ended as", told, be)
            elif is_later(latest, final):
                self._find(f"order {order_id} was told to be {latest}, and it is {final}")
        for word, order_ids in (("cancelled", self._told.cancelled), ("over", self._told.gone)):
            for order_id in order_ids:
                sheet = bank.orders.get(order_id)
                if sheet is None or sheet.status <= OrderStatus.OPEN:
                    self._find(f"order {order_id} was told to be {word}, and it is not")

    def _compare_contracts(self, bank: ChainBank, ledger: Ledger, chain: Contracts) -> None:
        """What the contracts have is what the ledger says, by our sums and by its own proof."""
        for difference in bank.differences(ledger, chain.escrow.vault, self._told.addresses):
            self._find(difference)
        escrow = chain.escrow
        happened = at_once(escrow.happened(at_once(escrow.blocks(0, BLOCKS_MAX))))
        for sentence in bank.overpaid(ledger, happened):
            self._find(sentence)
        for finding in at_once(prove(ledger, chain.escrow)).findings:
            self._find(f"proof: {finding}")

    # --- ledger and tables ----------------------------------------------------------------------

    def _compare_ledger(self, bank: Bank, ledger: Ledger) -> None:
        self._same("fees collected", ledger.total(FEES, COLLATERAL), bank.house)
        self._same("money outside", ledger.total(EXTERNAL, COLLATERAL), bank.outside)
        everything = bank.outside + bank.house + sum(bank.money.values())
        self._same("all money together", everything + sum(bank.pools.values()), 0)
        held = _held(bank)
        missing = {split_key(key): amount for key, amount in ledger.chain.missing.items()}
        self._same("what is missing", missing, {k: v for k, v in bank.missing.items() if v})
        for account in (*self._told.owners, SUSPENSE):
            balance = ledger.balance(account, COLLATERAL)
            expected = (bank.money[account], held.get((account, COLLATERAL), 0))
            self._same(f"money of {account}", (balance.total, balance.held), expected)
            for market in ledger.markets:
                self._compare_position(bank, ledger, held, account, market)
        for market in ledger.markets:
            pool = ledger.total(-market, COLLATERAL)
            self._same(f"collateral of market {market}", pool, bank.pools[market])

    def _compare_position(
        self, bank: Bank, ledger: Ledger, held: dict[tuple[int, int], int], account: int,
        market: int,
    ) -> None:  # fmt: skip
        for outcome in (0, 1):
            asset = token_asset(market, outcome)
            balance = ledger.balance(account, asset)
            expected = (bank.tokens[account, market, outcome], held.get((account, asset), 0))
            self._same(f"tokens {asset} of {account}", (balance.total, balance.held), expected)
        position, holding = ledger.position(account, market), bank.holdings[account, market]
        found = (position.cost, position.realised, position.fees, position.net_cash,
                 position.redeemed)  # fmt: skip
        expected_position = (holding.cost, holding.realised, holding.fees, holding.net_cash,
                             holding.redeemed)  # fmt: skip
        self._same(f"position of {account} in market {market}", found, expected_position)

    def _compare_orders(self, bank: Bank, ledger: Ledger) -> None:
        live = {
            order.order_id: (order.remaining, order.filled, order.status, order.hold)
            for order in ledger.orders.values()
        }
        expected = {
            order_id: (sheet.remaining, sheet.filled, sheet.status, bank.held(sheet))
            for order_id, sheet in bank.orders.items()
            if sheet.status <= OrderStatus.OPEN
        }
        self._same("open orders", live, expected)

    def _compare_tables(self, bank: Bank, ledger: Ledger) -> None:
        tables = self._grounds.tables.tables
        for order_id, sheet in bank.orders.items():
            row = tables.orders.get(order_id)
            if row is None:
                self._find(f"order {order_id} is not in the tables")
                continue
            found = (row.status, row.filled, row.remaining, row.volume, row.fee)
            expected = (sheet.status, sheet.filled, sheet.remaining, sheet.volume, sheet.fee)
            self._same(f"order {order_id} in the tables", found, expected)
        self._same("fills in the tables", len(tables.trades), self.fills_count)
        for account in self._told.owners:
            row_of_money = tables.balances.get((account, COLLATERAL))
            money = row_of_money.total if row_of_money else 0
            expected_money = ledger.total(account, COLLATERAL)
            self._same(f"money of {account} in the tables", money, expected_money)

    # --- engines, books, streams ----------------------------------------------------------------

    def _compare_books(self, ledger: Ledger, processes: Mapping[str, Process]) -> None:
        engines = of_kind(processes, MatchEngine)
        books = of_kind(processes, LiveBooks)[0]
        for market in ledger.markets.values():
            if market.state > MarketState.CLOSING:
                continue
            kernel = engines[market.shard].kernel
            hashed = kernel.book_hash(market.market_id)  # type: ignore[attr-defined]
            what = f"the engine's book of market {market.market_id}"
            self._same(what, hashed, ledger_book_hash(market))
            image = books.book(market.market_id)
            shown = (image.bids, image.asks) if image else ([], [])
            self._same(f"the public book of market {market.market_id}", shown,
                       _levels(ledger, market.market_id))  # fmt: skip

    def _compare_streams(self, journal: Journal) -> None:
        """Whatever a stream ever showed must be what the log says under these numbers."""
        for stream, entries in self._grounds.shown.items():
            kind, _, shard = stream.partition(":")
            for first, last, body in entries:
                if kind == "user_events":
                    good = body == journal.events_body(last)
                elif kind in {"commands", "facts"}:
                    runs = journal.commands if kind == "commands" else journal.facts
                    good = body == cut(bytes(runs[int(shard)]), first - 1, last)
                else:
                    good = True
                if not good:
                    self._find(f"{stream} once showed under {first}..{last} what is not in the log")
                    return


def _held(bank: Bank) -> dict[tuple[int, int], int]:
    """Return what is set aside, by account and asset."""
    held: dict[tuple[int, int], int] = {}
    for sheet in bank.orders.values():
        sells = sheet.side == Side.SELL
        asset = token_asset(sheet.market, sheet.outcome) if sells else COLLATERAL
        key = (sheet.account, asset)
        held[key] = held.get(key, 0) + bank.held(sheet)
    return held


def _levels(ledger: Ledger, market_id: int) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """Return the price levels of the orders that rest, best first."""
    sides: tuple[dict[int, int], dict[int, int]] = ({}, {})
    for order in ledger.markets[market_id].orders.values():
        if order.status == OrderStatus.OPEN and order.kind == OrderKind.LIMIT:
            side = sides[order.outcome != order.side]
            side[order.price] = side.get(order.price, 0) + order.remaining
    return sorted(sides[0].items(), reverse=True), sorted(sides[1].items())
