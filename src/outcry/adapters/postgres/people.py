"""Reads about people: users, accounts, keys, and who did what. A part of `PostgresQueries`."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, Final

import asyncpg

from outcry.adapters.postgres.query_texts import all_text, page_text
from outcry.adapters.postgres.tables import (
    ACCOUNTS,
    AUDIT,
    KEYS,
    LIMITS,
    USERS,
    WITHDRAWALS,
    Table,
    storable,
)
from outcry.ports.projection import KeyRow, UserRow
from outcry.ports.queries import Page, RowT, rows_before
from outcry.ports.rows import AccountRow, AuditRow, LimitRow, WithdrawalRow


#: Makes a row of the port from the columns of a record, in their order.
Make = Callable[[tuple[Any, ...]], RowT]

USER_PAGE: Final = page_text(
    USERS.selected("u"), "users u", "u.user_id desc", size="$1", before="$2"
)
USER_BY_ADDRESS: Final = (
    f"select {USERS.selected('u')} from users u "  # noqa: S608 - our names
    "where lower(u.address) = $1 and u.address <> '' order by u.user_id limit 1"
)
ACCOUNTS_OF: Final = all_text(
    ACCOUNTS.selected("a"), "accounts a where a.user_id = $1", "a.account"
)
#: Of the same user as $1.
OTHER_ACCOUNTS: Final = (
    "select o.account from accounts a join accounts o using (user_id) "
    "where a.account = $1 and o.account <> $1 order by 1"
)
KEY_PAGE: Final = page_text(
    KEYS.selected("k"),
    "api_keys k where $1::bigint = 0 or k.user_id = $1",
    "k.key_id desc",
    size="$2",
    before="$3",
)
KEYS_BY_ID: Final = (
    f"select {KEYS.selected('k')} from api_keys k where k.key_id = any($1::bigint[]) order by 1"  # noqa: S608 - our names
)
WITHDRAWAL_PAGE: Final = page_text(
    WITHDRAWALS.selected("w"),
    "withdrawals w where w.account = $1 and ($2::smallint < 0 or w.status = $2)",
    "w.withdrawal_id desc",
    size="$3",
    before="$4",
)
LIMIT_PAGE: Final = page_text(
    LIMITS.selected("l"),
    "limits l where greatest(l.orders_max, l.position_max, l.notional_max) > 0",
    "l.account, l.market_id",
    size="$1",
    before="$2",
)
AUDIT_PAGE: Final = page_text(
    AUDIT.selected("a"),
    "audit a where $1::text = '' or a.kind = $1",
    "a.n desc, a.leg desc",
    size="$2",
    before="$3",
)


def page_of(records: Sequence[asyncpg.Record], make: Make[RowT]) -> Page[RowT]:
    """Return what a text of `query_texts` answered as a page."""
    first = records[0]
    rows = [make(record[2:-1]) for record in records if record[-1] is not None]
    n, total = first[:2]
    return Page(rows, total or 0, n)


class PeopleReads(ABC):
    """The part of `Queries` that is about people."""

    async def user_by_external_id(self, external_id: str) -> UserRow | None:
        """Return the user whose tokens have this subject."""
        return await self._one(USERS, UserRow._make, "external_id", storable(external_id))

    async def user_by_address(self, address: str) -> UserRow | None:
        """Return the user with this address."""
        rows = await self._fetch(USER_BY_ADDRESS, storable(address.lower()))
        return UserRow._make(rows[0]) if rows else None

    async def user(self, user_id: int) -> UserRow | None:
        """Return the user."""
        return await self._one(USERS, UserRow._make, "user_id", user_id)

    async def users(self, *, page: int, page_size: int) -> Page[UserRow]:
        """Return all users, newest first."""
        place = (page_size, rows_before(page, page_size))
        return page_of(await self._rows(USER_PAGE, *place), UserRow._make)

    async def accounts(self, user_id: int) -> list[AccountRow]:
        """Return the accounts of a user, the first one first."""
        return page_of(await self._rows(ACCOUNTS_OF, user_id), AccountRow._make).rows

    async def account(self, account: int) -> AccountRow | None:
        """Return the account."""
        return await self._one(ACCOUNTS, AccountRow._make, "account", account)

    async def key(self, key_id: int) -> KeyRow | None:
        """Return the API key, revoked or not."""
        return await self._one(KEYS, KeyRow._make, "key_id", key_id)

    async def keys(self, user_id: int, *, page: int, page_size: int) -> Page[KeyRow]:
        """Return the API keys of a user (0 = all), revoked or not, newest first."""
        place = (page_size, rows_before(page, page_size))
        return page_of(await self._rows(KEY_PAGE, user_id, *place), KeyRow._make)

    async def keys_by_id(self, key_ids: Sequence[int]) -> list[KeyRow]:
        """Return the API keys that exist among *key_ids*."""
        rows = await self._fetch(KEYS_BY_ID, list(key_ids))
        return [KeyRow._make(row) for row in rows]

    async def withdrawals(
        self, account: int, status: int, *, page: int, page_size: int
    ) -> Page[WithdrawalRow]:
        """Return an account's withdrawals of a status (-1: of any), newest first."""
        place = (page_size, rows_before(page, page_size))
        rows = await self._rows(WITHDRAWAL_PAGE, account, status, *place)
        return page_of(rows, WithdrawalRow._make)

    async def limits(self, *, page: int, page_size: int) -> Page[LimitRow]:
        """Return the limits in force, by account and market."""
        place = (page_size, rows_before(page, page_size))
        return page_of(await self._rows(LIMIT_PAGE, *place), LimitRow._make)

    async def audit(self, kind: str, *, page: int, page_size: int) -> Page[AuditRow]:
        """Return what was done by admins and the exchange itself ("" = any kind), newest first."""
        place = (page_size, rows_before(page, page_size))
        return page_of(await self._rows(AUDIT_PAGE, storable(kind), *place), AuditRow._make)

    async def _one(self, table: Table, make: Make[RowT], column: str, value: object) -> RowT | None:
        rows = await self._fetch(
            f"select {table.selected('t')} from {table.name} t where t.{column} = $1",  # noqa: S608 - our own names
            value,
        )
        return make(rows[0]) if rows else None

    @abstractmethod
    async def _rows(self, text: str, *arguments: object) -> list[asyncpg.Record]:
        """Return the rows of a text that always has one."""

    @abstractmethod
    async def _fetch(self, text: str, *arguments: object) -> list[asyncpg.Record]:
        """Return the rows of a text."""
