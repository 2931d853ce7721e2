"""Balances of the CLOB surface: collateral or one token, in atomic units. From tables only."""

from typing import Final

from msgspec import Struct

from outcry.domain.ids import COLLATERAL, token_asset
from outcry.domain.rejects import Reject, Rejected
from outcry.domain.units import MONEY_DECIMALS, QUANTITY_DECIMALS
from outcry.ports.queries import Queries
from outcry.runtime.clob_identity import Holder
from outcry.services.api.clob.config import ClobConfig
from outcry.services.api.clob.own_writes import OwnWrites
from outcry.services.api.clob.reads import Reads


#: The exchange takes from its own ledger: nobody has to allow it anything.
UNBOUNDED: Final = str(2**256 - 1)
#: Atomic units of one lot.
UNITS_PER_LOT: Final = 10 ** (MONEY_DECIMALS - QUANTITY_DECIMALS)


class BalanceQuery(Struct, frozen=True):
    """Which asset; the kind of wallet changes nothing here."""

    asset_type: str = "COLLATERAL"
    token_id: str = ""
    signature_type: str = ""


class BalanceView(Struct, frozen=True):
    """What the user has, and what contracts may take of it."""

    balance: str
    allowance: str
    allowances: dict[str, str]


class Balances:
    """What a holder of a key has."""

    def __init__(
        self, queries: Queries, reads: Reads, writes: OwnWrites, config: ClobConfig
    ) -> None:  # fmt: skip
        """Read from *queries*; what the holder wrote here is waited for."""
        self._queries = queries
        self._reads = reads
        self._writes = writes
        exchanges = config.profile.exchanges.values()
        self._allowances = {f"0x{address.hex()}": UNBOUNDED for address in exchanges}

    async def balance(self, who: Holder, asked: BalanceQuery) -> BalanceView | Rejected:
        """Return all of an asset, what is set aside for orders included."""
        if asked.asset_type == "COLLATERAL":
            asset, units = COLLATERAL, 1
        elif asked.asset_type.startswith("CONDITIONAL"):
            token = await self._reads.token(asked.token_id)
            if isinstance(token, Rejected):
                return token
            asset, units = token_asset(token.row.market_id, token.outcome), UNITS_PER_LOT
        else:
            wanted = "asset_type: COLLATERAL or CONDITIONAL"
            return Rejected(Reject.FIELD_INVALID, asked.asset_type[:80], wanted)
        await self._writes.seen(who.principal.user_id)
        rows, _ = await self._queries.balances(who.principal.account, [asset])
        total = sum(row.total for row in rows)
        return BalanceView(str(total * units), UNBOUNDED, self._allowances)
