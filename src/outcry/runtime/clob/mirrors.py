"""Whose escrow each account is: the wallets that were linked, as the tables tell of it.

Links are few and for ever; they stand in what is kept for audits, newest first, so only what came
since the last look is read.
"""

from collections.abc import Callable
from typing import Final

from msgspec import Struct, json

from outcry.ports.queries import Queries
from outcry.ports.rows import AuditRow


#: Tag of the record, under which it is kept.
KIND: Final = "wallet"
PAGE_COUNT: Final = 100
#: Pause between two looks.
LOOK_SECONDS: Final = 1.0


class _Linked(Struct):
    account: int
    address: str


class Mirrors:
    """The addresses of accounts that mirror a wallet."""

    def __init__(self, queries: Queries, clock: Callable[[], float], *, escrow: bool) -> None:
        """Look into *queries* if anything is in *escrow*; *clock* gives seconds."""
        self._queries = queries
        self._clock = clock
        self._escrow = escrow
        self._known: dict[int, str] = {}
        self._newest = (-1, -1)
        self._looked_at = float("-inf")

    async def wallet_of(self, account: int) -> str:
        """Return the wallet that an account mirrors, "" if it mirrors none or nobody knows yet."""
        if not self._escrow:
            return ""
        if account not in self._known and self._clock() - self._looked_at >= LOOK_SECONDS:
            self._looked_at = self._clock()
            await self._look()
        return self._known.get(account, "")

    async def _look(self) -> None:
        """Read what was linked since the last look."""
        fresh: list[AuditRow] = []
        page = 1
        while True:
            rows = (await self._queries.audit(KIND, page=page, page_size=PAGE_COUNT)).rows
            news = [row for row in rows if (row.n, row.leg) > self._newest]
            fresh += news
            if len(news) < PAGE_COUNT:
                break
            page += 1
        for row in reversed(fresh):
            linked = _decode(row.body)
            self._known[linked.account] = linked.address
            self._newest = row.n, row.leg


_decode: Final = json.Decoder(_Linked).decode
