"""Balances of the CLOB surface: collateral or one token, in atomic units. From tables only.

Where contracts settle that is what is in escrow. A client that signs for a wallet sees the wallet's
from the moment that it named the key, whether an order has linked the two yet or not; not if
several name it and none is linked.
"""

from typing import Final

from msgspec import Struct

from outcry.domain.ids import COLLATERAL, token_asset
from outcry.domain.rejects import Reject, Rejected
from outcry.domain.units import MONEY_DECIMALS, QUANTITY_DECIMALS
from outcry.ports.chain import ChainUnavailable
from outcry.ports.queries import Queries
from outcry.ports.wallets import Wallets
from outcry.runtime.clob.mirrors import Mirrors
from outcry.runtime.clob_identity import Holder
from outcry.services.api.clob.config import ClobConfig
from outcry.services.api.clob.own_writes import OwnWrites
from outcry.services.api.clob.reads import Reads


#: The exchange takes from its own ledger, or from escrow: nobody has to allow it anything more.
UNBOUNDED: Final = str(2**256 - 1)
#: What it may take from a wallet that has not let the key sign for it.
NOTHING: Final = "0"
#: Signature types of keys that sign for another account than their own.
WALLET_KINDS: Final = ("1", "2", "3")
#: Atomic units of one lot.
UNITS_PER_LOT: Final = 10 ** (MONEY_DECIMALS - QUANTITY_DECIMALS)


class BalanceQuery(Struct, frozen=True):
    """Which asset, and for which kind of wallet the key signs."""

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
        self, queries: Queries, reads: Reads, writes: OwnWrites, config: ClobConfig,
        wallets: Wallets | None, mirrors: Mirrors,
    ) -> None:  # fmt: skip
        """Read from *queries*; what the holder wrote here is waited for.

        Where contracts settle *wallets* says which ones named a key, *mirrors* which are linked.
        """
        self._queries = queries
        self._wallets = wallets if config.escrow else None
        self._mirrors = mirrors
        self._reads = reads
        self._writes = writes
        exchanges = config.profile.exchanges.values()
        self._spenders = [f"0x{address.hex()}" for address in exchanges]

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
        account: int | None = who.principal.account
        allowed = UNBOUNDED
        if self._wallets is not None and asked.signature_type in WALLET_KINDS:
            try:
                account, allowed = await self._of_wallet(who, self._wallets)
            except ChainUnavailable as error:
                return Rejected(Reject.UNAVAILABLE, str(error)[:200])
        rows, _ = await self._queries.balances(account, [asset]) if account else ([], 0)
        total = sum(row.total for row in rows)
        spenders = dict.fromkeys(self._spenders, allowed)
        return BalanceView(str(total * units), allowed, spenders)

    async def _of_wallet(self, who: Holder, wallets: Wallets) -> tuple[int | None, str]:
        """Return the account of what a wallet has for *who*, and what may be taken of it."""
        key = bytes.fromhex(who.address[2:])
        linked = await self._mirrors.wallet_of(who.principal.account)
        if linked:
            named = await wallets.names(bytes.fromhex(linked[2:]), key)
            return who.principal.account, UNBOUNDED if named else NOTHING
        named_by = await wallets.of(key)
        # Anybody may name anybody's key: of several, only an order of the key says which is meant.
        if len(named_by) != 1:
            return None, NOTHING
        user = await self._queries.user_by_address(f"0x{named_by[0].hex()}")
        return user.account if user else None, UNBOUNDED
