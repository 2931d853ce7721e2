"""The auditor's bank for a ledger that lives on contracts: they say who has what.

It follows orders and fees like the other one. Of money and tokens it knows nothing by itself: each
balance of the ledger, less what is missing, is what escrow has.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping

from outcry.adapters.simulated_chain.vault import Vault
from outcry.app.sim.bank import Bank
from outcry.domain.ids import COLLATERAL, FEES, SUSPENSE, token_asset
from outcry.domain.ledger.escrow import ATOMS_PER_LOT, Operation
from outcry.domain.ledger.state import Ledger, balance_key
from outcry.messages.escrow_records import EscrowBegun
from outcry.messages.facts import Traded
from outcry.messages.happenings import Happened, Happening


class ChainBank(Bank):
    """Orders of everybody, and where the ledger and the contracts differ."""

    def __init__(self) -> None:
        super().__init__()
        #: What people asked to be paid out, in atomic units, by address and asset.
        self.asked: Counter[tuple[str, int]] = Counter()
        self._fills: dict[tuple[int, int], Traded] = {}

    def verdict(self, trade_id: int, fill: int, *, confirmed: bool) -> None:
        """The chain has said what becomes of a fill, perhaps after it had said something else."""
        key = (trade_id, fill)
        if key in self.waiting:
            self._fills[key] = self.waiting[key][0]
            super().verdict(trade_id, fill, confirmed=confirmed)
        else:
            self.settled[key] = self._fills[key]

    def revert(self, key: tuple[int, int], _take: Callable[[int, int, int], int]) -> None:
        """A fill is not on the chain any more, and nothing of it is left."""
        del self.settled[key]

    def begun(self, record: EscrowBegun) -> None:
        """Something is to be paid out."""
        if record.kind == Operation.WITHDRAW:
            scale = 1 if record.asset == COLLATERAL else ATOMS_PER_LOT
            self.asked[record.address, record.asset] += record.qty * scale

    def overpaid(self, ledger: Ledger, happened: Iterable[Happening]) -> Iterator[str]:
        """Yield who was paid out more than people asked for."""
        paid: Counter[tuple[str, str]] = Counter()
        for one in happened:
            if one.kind == Happened.PAID_OUT:
                paid[one.who, one.asset] += one.amount
        asked = {(who, _name(ledger, asset)): most for (who, asset), most in self.asked.items()}
        for place, amount in paid.items():
            if amount > asked.get(place, 0):
                yield f"{place} was paid out {amount}, and asked for {asked.get(place, 0)}"

    def _exchange(self, fact: Traded, taker_fee: int, maker_fee: int) -> None:
        """The contracts do."""

    def differences(
        self, ledger: Ledger, vault: Vault, addresses: Mapping[int, str]
    ) -> Iterator[str]:
        """Yield where *ledger*, less what is missing, is not *vault*."""
        for asset in _assets(ledger):
            if ledger.total(SUSPENSE, asset):
                yield f"in suspense are {ledger.total(SUSPENSE, asset)} of asset {asset}"
        for account, address in {**addresses, FEES: vault.fee_account}.items():
            for asset in _assets(ledger) if account != FEES else [COLLATERAL]:
                key = balance_key(account, asset)
                scale = 1 if asset == COLLATERAL else ATOMS_PER_LOT
                whole = ledger.total(account, asset) - ledger.chain.missing.get(key, 0)
                uncounted = ledger.chain.dust.get(key, 0) + ledger.chain.uncredited.get(key, 0)
                found = vault.amounts[address, _name(ledger, asset)]
                if found != whole * scale + uncounted:
                    wanted = whole * scale + uncounted
                    yield f"{address} has {found} of asset {asset} in escrow, not {wanted}"


def _assets(ledger: Ledger) -> list[int]:
    tokens = [token_asset(market, outcome) for market in ledger.markets for outcome in (0, 1)]
    return [COLLATERAL, *tokens]


def _name(ledger: Ledger, asset: int) -> str:
    if asset == COLLATERAL:
        return "0"
    market, outcome = divmod(asset, 2)
    return ledger.markets[market].tokens[outcome]
