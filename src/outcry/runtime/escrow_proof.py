"""What every address must have in escrow, as the ledger knows it. Pure.

Per address and asset, in atomic units of the contract:

    total + dust                                    what the ledger says it has
    + what it set aside for fills that are open     still in escrow …
    + what it got of those that have settled        … or exchanged already, with fees
    + what its open operations took                 still in escrow
    + what is uncredited                            more came in than the ledger counts
    - what is missing                               the contract paid out what was promised
    ± what happened there since the ledger's block  deposits, exits, payments, splits, merges

The exchange's own fees are those of the fee account. What is in suspense is nobody's there, so it
differs until people have given it out.
"""

from collections import Counter
from collections.abc import Collection, Iterable
from typing import Final

from outcry.domain.ids import COLLATERAL, FEES, FIRST_ACCOUNT, SUSPENSE, asset_market
from outcry.domain.ledger.escrow import ATOMS_PER_LOT, takes
from outcry.domain.ledger.exchange import gets
from outcry.domain.ledger.mirrors import addresses
from outcry.domain.ledger.pending import parties, sets_aside
from outcry.domain.ledger.state import Ledger, split_key
from outcry.messages.happenings import Happened, Happening
from outcry_wire.records import Side


#: An address and an asset as contracts call them: ``0``, or a token id in decimals.
Place = tuple[str, str]
MONEY: Final = "0"


def expected(
    ledger: Ledger, settled: Collection[tuple[int, int]], later: Iterable[Happening],
    fee_account: str,
) -> Counter[Place]:  # fmt: skip
    """Return what each address must have; *settled* are the open fills that the chain has settled.

    *later* is what happened above the block that the ledger has taken in, in order.
    """
    book = _Book(ledger, fee_account)
    for key, balance in ledger.balances.items():
        account, asset = split_key(key)
        is_fee = account == FEES and asset == COLLATERAL
        if account >= FIRST_ACCOUNT or account == SUSPENSE or is_fee:
            book.add(account, asset, balance.total)
    for key, atoms in ledger.chain.dust.items():
        account, asset = split_key(key)
        book.amounts[book.place(account, asset)] += atoms
    for key, atoms in ledger.chain.uncredited.items():
        book.amounts[book.place(*split_key(key))] += atoms
    for key, amount in ledger.chain.missing.items():
        book.add(*split_key(key), -amount)
    for one in ledger.chain.operations.values():
        for asset, amount in takes(one):
            book.add(one.account, asset, amount)
    for fill, leg in ledger.chain.pending.items():
        for party, _, fee in parties(leg):
            if fill not in settled:
                book.add(party.account, *sets_aside(party, leg, fee))
                continue
            book.add(party.account, *gets(party, leg.market_id, leg))
            owes = min(fee, 0) if party.side == Side.BUY else fee
            book.add(party.account, COLLATERAL, -owes)
            book.add(FEES, COLLATERAL, fee)
    for happening in later:
        book.happened(happening)
    return book.amounts


class _Book:
    """Amounts by address and asset."""

    def __init__(self, ledger: Ledger, fee_account: str) -> None:
        self.amounts: Counter[Place] = Counter()
        self._ledger = ledger
        self._addresses = addresses(ledger)
        self._addresses |= {FEES: fee_account, SUSPENSE: "suspense, which has no address"}
        self._conditions = {
            condition: ledger.markets[market_id].tokens
            for condition, market_id in ledger.chain.conditions.items()
        }

    def place(self, account: int, asset: int) -> Place:
        """Return where an account's asset is; an account without an address is a place too."""
        address = self._addresses.get(account) or f"account {account}, which has no address"
        if asset == COLLATERAL:
            return address, MONEY
        market_id, outcome = asset_market(asset)
        return address, self._ledger.markets[market_id].tokens[outcome]

    def add(self, account: int, asset: int, amount: int) -> None:
        """Add micros or lots."""
        scale = 1 if asset == COLLATERAL else ATOMS_PER_LOT
        self.amounts[self.place(account, asset)] += amount * scale

    def happened(self, one: Happening) -> None:
        """Add what an event did to its account."""
        money, tokens = (one.who, MONEY), self._conditions.get(one.asset, ())
        if one.kind in (Happened.DEPOSITED, Happened.EXITED, Happened.PAID_OUT):
            if one.asset == MONEY or one.asset in self._ledger.tokens:
                sign = 1 if one.kind == Happened.DEPOSITED else -1
                self.amounts[one.who, one.asset] += sign * one.amount
        elif one.kind in (Happened.SPLIT, Happened.MERGED) and tokens:
            sign = 1 if one.kind == Happened.SPLIT else -1
            self.amounts[money] -= sign * one.amount
            for token in tokens:
                self.amounts[one.who, token] += sign * one.amount
        elif one.kind == Happened.REDEEMED_FOR and tokens:
            self.amounts[money] += one.amount
            for token in tokens:
                self.amounts[one.who, token] = 0
