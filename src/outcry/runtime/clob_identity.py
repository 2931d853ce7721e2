"""Who holds a key of the CLOB surface: the same for its routes and its feeds.

A revoked key is refused at once where it was revoked, and elsewhere after `KEY_STALE_SECONDS`.
Nothing here knows of HTTP.
"""

import time
from collections.abc import Callable
from hmac import compare_digest
from typing import Final, NamedTuple

from outcry.domain.rejects import Reject, Rejected
from outcry.ports.projection import KeyRow
from outcry.runtime.api_keys import KeyName
from outcry.runtime.bounded import Bounded
from outcry.runtime.clob_keys import CLOB, ClobKeys, Credentials
from outcry.runtime.identity import CACHE_COUNT_MAX, KEY_STALE_SECONDS, Accounts, Principal


_SCOPES_SEPARATOR: Final = ","


class Holder(NamedTuple):
    """Somebody who holds a key."""

    principal: Principal
    #: Lower case, 0x and 40 digits.
    address: str
    #: The key's UUID.
    api_key: str
    #: What it is for: see the labels of `outcry.runtime.clob_keys`.
    label: str


class ClobIdentity:
    """Turns keys into holders."""

    def __init__(
        self, keys: ClobKeys, accounts: Accounts, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Ask *accounts* about keys and users. *clock* gives seconds from any start."""
        self.keys = keys
        self._accounts = accounts
        self._clock = clock
        self._holders: Bounded[KeyName, tuple[float, Holder]] = Bounded(CACHE_COUNT_MAX)
        self._made: Bounded[KeyName, Holder] = Bounded(CACHE_COUNT_MAX)
        self._revoked: Bounded[int, bool] = Bounded(CACHE_COUNT_MAX)

    async def holder(self, api_key: str, address: str | None) -> Holder | Rejected:
        """Return who holds the key, if it is a key of *address* (lower case; None: of any)."""
        name = self.keys.recognise(api_key)
        if name is None:
            return Rejected(Reject.KEY_INVALID, expected="a key that this exchange made")
        holder = await self._holder(name)
        if isinstance(holder, Rejected) or address in (None, holder.address):
            return holder
        return Rejected(Reject.KEY_INVALID, expected="the address that made the key")

    async def by_secret(self, given: Credentials) -> Holder | Rejected:
        """Return who shows a whole set of credentials, as feeds are given it."""
        name = self.keys.recognise(given.api_key)
        if name is None:
            return Rejected(Reject.KEY_INVALID, expected="a key that this exchange made")
        wanted = self.keys.credentials(name)
        # Both are compared whatever the first says, so that time tells nothing.
        right = [
            compare_digest(one.encode(), other.encode())
            for one, other in zip(given[1:], wanted[1:], strict=True)
        ]
        if not all(right):
            return Rejected(Reject.KEY_INVALID, expected="the key's secret and passphrase")
        return await self._holder(name)

    def made(self, holder: Holder, generation: int) -> None:
        """Know a key before the tables do."""
        self._made.put(KeyName(holder.principal.key_id, generation), holder)

    def revoked(self, key_id: int) -> None:
        """Know that a key was revoked before the tables do."""
        self._revoked.put(key_id, True)  # noqa: FBT003 - a set of numbers

    def is_revoked(self, key_id: int) -> bool:
        """Return whether the key was revoked here."""
        return self._revoked.get(key_id) is not None

    async def _holder(self, name: KeyName) -> Holder | Rejected:
        if self.is_revoked(name.key_id):
            return Rejected(Reject.KEY_INVALID, expected="a key that was not revoked")
        now = self._clock()
        known = self._holders.get(name)
        if known is not None and now < known[0]:
            return known[1]
        holder = await self._read(name)
        if isinstance(holder, Rejected):
            self._holders.discard(name)
        else:
            self._holders.put(name, (now + KEY_STALE_SECONDS, holder))
        return holder

    async def _read(self, name: KeyName) -> Holder | Rejected:
        row = await self._accounts.key(name.key_id)
        if row is None:
            return self._made.get(name) or Rejected(Reject.KEY_INVALID)
        if not row.label.startswith(CLOB):
            return Rejected(Reject.KEY_INVALID, expected="a key of this surface")
        if row.revoked_at_us or row.generation != name.generation:
            return Rejected(Reject.KEY_INVALID, expected="a key that was not revoked")
        user = await self._accounts.user(row.user_id)
        if user is None or not user.address:
            return Rejected(Reject.KEY_INVALID)
        ids = (user.user_id, user.account, user.external_id)
        principal = Principal(*ids, scopes_of(row), row.key_id)
        api_key = self.keys.credentials(name).api_key
        return Holder(principal, user.address.lower(), api_key, row.label)


def scopes_of(row: KeyRow) -> frozenset[str]:
    """Return what a key may do."""
    return frozenset(row.scopes.replace(_SCOPES_SEPARATOR, " ").split())
