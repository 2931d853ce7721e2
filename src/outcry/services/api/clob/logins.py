"""Logins: users by their addresses, and the keys of the CLOB surface that they make.

A key is one of the ledger's, with a label that says what it is for, so an operator sees and revokes
it like every other one. What its holder is given is derived each time it is asked for.
"""

import asyncio
from typing import Final, NamedTuple

from outcry.domain.rejects import Reject, Rejected
from outcry.messages.requests import CreateKeyOp, CreateUserOp, Declined, Done, RevokeKeyOp
from outcry.ports.asset import Asset
from outcry.ports.projection import KeyRow
from outcry.ports.queries import PAGE_SIZE_MAX, Queries
from outcry.runtime.api_keys import KeyName
from outcry.runtime.bounded import Bounded
from outcry.runtime.clob_identity import ClobIdentity, Holder
from outcry.runtime.clob_keys import BUILDER, READONLY, TRADING, Credentials, named
from outcry.runtime.identity import READ, TRADE, Principal
from outcry.services.api.clob.login import Login
from outcry.services.api.clob.own_writes import OwnWrites


#: Pages of keys that are looked through, and so the keys that one user may ever make.
KEY_PAGES_MAX: Final = 10
KEYS_MAX: Final = KEY_PAGES_MAX * PAGE_SIZE_MAX
USERS_COUNT_MAX: Final = 10_000

Refusal = Rejected | Declined


class _User(NamedTuple):
    """A user with an address."""

    user_id: int
    account: int
    external_id: str
    address: str


class Logins:
    """What an address may do with its keys."""

    def __init__(
        self,
        asset: Asset,
        queries: Queries,
        writes: OwnWrites,
        identity: ClobIdentity,
        *,
        register: bool,
    ) -> None:
        """Register with *asset* whoever is not there yet, unless *register* forbids it."""
        self._asset = asset
        self._queries = queries
        self._writes = writes
        self._identity = identity
        self._register = register
        self._users: Bounded[str, _User] = Bounded(USERS_COUNT_MAX)
        self._made: Bounded[tuple[int, str], KeyName] = Bounded(USERS_COUNT_MAX)
        # Making a key looks first and then writes: one at a time, or two would be made.
        self._making = asyncio.Lock()

    async def create(self, login: Login) -> Credentials | Refusal:
        """Make the key of an address and nonce; one that is there is derived, not made again."""
        async with self._making:
            user = await self._user(login.address)
            if isinstance(user, Rejected | Declined):
                return user
            label = f"{TRADING}{login.nonce}"
            if await self._key(user.user_id, label):
                return Rejected(Reject.CLOB_KEY_EXISTS, f"nonce {login.nonce}")
            return await self._make(user, label, (READ, TRADE))

    async def derive(self, login: Login) -> Credentials | Refusal:
        """Return the key of an address and nonce again."""
        user = await self._known(login.address)
        found = user and await self._key(user.user_id, f"{TRADING}{login.nonce}")
        if found is None:
            wanted = "POST /auth/api-key first"
            return Rejected(Reject.KEY_UNKNOWN, f"nonce {login.nonce}", wanted)
        return self._identity.keys.credentials(found)

    async def create_other(self, holder: Holder, label: str) -> Credentials | Refusal:
        """Make a key that may only read, or a builder's key."""
        who = holder.principal
        user = _User(who.user_id, who.account, who.external_id, holder.address)
        async with self._making:
            return await self._make(user, label, (READ,))

    async def listed(self, holder: Holder, label: str) -> list[KeyRow]:
        """Return the user's keys whose label begins like this, newest first, revoked or not."""
        await self._writes.seen(holder.principal.user_id)
        rows = await self._rows(holder.principal.user_id)
        return [
            row._replace(revoked_at_us=row.revoked_at_us or int(self._identity.is_revoked(row[0])))
            for row in rows
            if row.label.startswith(label)
        ]

    def name(self, row: KeyRow) -> str:
        """Return the UUID of a key."""
        return self._identity.keys.credentials(KeyName(row.key_id, row.generation)).api_key

    async def revoke(self, holder: Holder, key_id: int) -> Done | Refusal:
        """Stop accepting a key of the user, here at once."""
        user_id = holder.principal.user_id
        done = await self._asset.funds(RevokeKeyOp(user_id, user_id, key_id))
        if isinstance(done, Done):
            self._identity.revoked(key_id)
            self._writes.note(user_id, done.n)
            # Other processes know it from the tables.
            await self._writes.seen(user_id)
        return done

    async def revoke_named(self, holder: Holder, api_key: str, label: str) -> Done | Refusal:
        """Stop accepting a key of the user, named by its UUID, of the kind that *label* says."""
        name = named(api_key)
        for row in await self.listed(holder, label):
            if row.revoked_at_us or name != KeyName(row.key_id, row.generation):
                continue
            if self.name(row) == api_key.lower():
                return await self.revoke(holder, row.key_id)
        return Rejected(Reject.KEY_UNKNOWN, api_key[:80])

    async def may_read(self, address: str, api_key: str) -> bool:
        """Return whether this is a key of the address that may read."""
        found = await self._identity.holder(api_key, address)
        return not isinstance(found, Rejected) and found.label == READONLY

    async def _user(self, address: str) -> _User | Refusal:
        """Return the user of an address, registering them when there is none."""
        known = await self._known(address)
        if known:
            return known
        external_id = f"eth:{address}"
        if not self._register:
            return Rejected(Reject.USER_UNKNOWN, address, "an address that a user has linked")
        made = await self._asset.funds(CreateUserOp(0, external_id, address, ""))
        if isinstance(made, Declined):
            return made
        if made.repeated:
            # Somebody else's process was first, or this user has moved to another address.
            self._writes.note(made.id, made.n)
            await self._writes.seen(made.id)
            known = await self._known(address)
            return known or Rejected(Reject.ADDRESS_TAKEN, address, "the user's present address")
        self._writes.note(made.id, made.n)
        user = _User(made.id, made.ids[0], external_id, address)
        self._users.put(address, user)
        return user

    async def _known(self, address: str) -> _User | None:
        row = await self._queries.user_by_address(address)
        if row is None:
            return self._users.get(address)
        return _User(row.user_id, row.account, row.external_id, row.address.lower())

    async def _key(self, user_id: int, label: str) -> KeyName | None:
        """Return the user's key with this label, if it was not revoked."""
        rows = await self._rows(user_id)
        for row in rows:
            gone = row.revoked_at_us or self._identity.is_revoked(row.key_id)
            if row.label == label and not gone:
                return KeyName(row.key_id, row.generation)
        made = self._made.get((user_id, label))
        if made is None or self._identity.is_revoked(made.key_id):
            return None
        return None if any(row.key_id == made.key_id for row in rows) else made

    async def _rows(self, user_id: int) -> list[KeyRow]:
        rows: list[KeyRow] = []
        for number in range(1, KEY_PAGES_MAX + 1):
            page = await self._queries.keys(user_id, page=number, page_size=PAGE_SIZE_MAX)
            rows += page.rows
            if number * PAGE_SIZE_MAX >= page.total:
                break
        return rows

    async def _make(
        self, user: _User, label: str, scopes: tuple[str, ...]
    ) -> Credentials | Refusal:  # fmt: skip
        count = len(await self._rows(user.user_id))
        if count >= KEYS_MAX:
            return Rejected(Reject.KEYS_LIMIT, str(count), f"below {KEYS_MAX}")
        done = await self._asset.funds(CreateKeyOp(user.user_id, user.user_id, scopes, label))
        if isinstance(done, Declined):
            return done
        name = KeyName(done.id, done.ids[0])
        credentials = self._identity.keys.credentials(name)
        who = Principal(
            user.user_id, user.account, user.external_id, frozenset(scopes), done.id,
            registered_n=done.n,
        )  # fmt: skip
        self._identity.made(Holder(who, user.address, credentials.api_key, label), name.generation)
        if label.startswith(TRADING):
            self._made.put((user.user_id, label), name)
        self._writes.note(user.user_id, done.n)
        return credentials


__all__ = ["BUILDER", "READONLY", "TRADING", "Logins"]
