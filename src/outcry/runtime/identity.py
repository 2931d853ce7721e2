"""Identity: who asks, and what they may do. The same for every door.

Two kinds of credentials: a token (JWT) of a trusted issuer and an API key of this exchange. When
both are given the token counts alone. A user exists from the moment they were registered; a token
of somebody who was not is `USER_UNKNOWN`, and only `Registrar` changes that.

A revoked API key is refused after at most `KEY_STALE_SECONDS`. Nothing here knows of HTTP.
"""

import time
from collections.abc import Callable
from typing import Final, NamedTuple, Protocol

from outcry.domain.rejects import Reject, Rejected
from outcry.messages.requests import CreateUserOp, Declined
from outcry.ports.asset import Asset
from outcry.ports.projection import KeyRow, UserRow
from outcry.runtime.api_keys import KeyName, KeyRing
from outcry.runtime.bounded import Bounded
from outcry.runtime.tokens import Claims, TokenVerifier


READ: Final = "read"
TRADE: Final = "trade"
ADMIN: Final = "admin"
SCOPES: Final = (READ, TRADE, ADMIN)

#: How long a key counts as valid without asking the tables again.
KEY_STALE_SECONDS: Final = 1.0
#: API keys and users that are remembered.
CACHE_COUNT_MAX: Final = 10_000


class Principal(NamedTuple):
    """Somebody whose credentials were good."""

    user_id: int
    account: int
    external_id: str
    scopes: frozenset[str]
    #: The API key that was used, 0 for a token.
    key_id: int = 0
    #: Seconds since 1970 at which the token ends, 0 for an API key.
    expires_at: int = 0
    #: Log entry of their registration, if it happened here: the tables may not have it yet.
    registered_n: int = 0


class Accounts(Protocol):
    """What identity asks of the tables; `outcry.ports.queries.Queries` can answer it."""

    async def key(self, key_id: int) -> KeyRow | None:
        """Return the API key, revoked or not."""
        ...

    async def user(self, user_id: int) -> UserRow | None:
        """Return the user."""
        ...

    async def user_by_external_id(self, external_id: str) -> UserRow | None:
        """Return the user whose tokens have this subject."""
        ...


class Identity:
    """Turns credentials into a `Principal`."""

    def __init__(
        self,
        tokens: TokenVerifier,
        keys: KeyRing,
        accounts: Accounts,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Work for one exchange. *clock* gives seconds from any start."""
        self._tokens = tokens
        self._keys = keys
        self._accounts = accounts
        self._clock = clock
        self._users: Bounded[str, tuple[int, int, int]] = Bounded(CACHE_COUNT_MAX)
        self._key_holders: Bounded[KeyName, tuple[float, Principal]] = Bounded(CACHE_COUNT_MAX)

    async def authenticate(self, *, token: str = "", api_key: str = "") -> Principal | Rejected:
        """Return who shows these credentials ("" = not given), or why they are not accepted."""
        if token:
            claims = self._tokens.verify(token)
            return claims if isinstance(claims, Rejected) else await self.registered(claims)
        if api_key:
            return await self._by_key(api_key)
        return Rejected(Reject.CREDENTIALS_MISSING)

    def claims(self, token: str) -> Claims | Rejected:
        """Return what a token says, of a registered user or not."""
        return self._tokens.verify(token) if token else Rejected(Reject.CREDENTIALS_MISSING)

    async def registered(self, claims: Claims) -> Principal | Rejected:
        """Return the user of *claims*; `USER_UNKNOWN` when they were never registered."""
        known = self._users.get(claims.subject)
        if known is None:
            row = await self._accounts.user_by_external_id(claims.subject)
            if row is None:
                return Rejected(Reject.USER_UNKNOWN, claims.subject)
            known = self.remember(row.external_id, row.user_id, row.account)
        return _of_token(claims, *known)

    def remember(
        self, external_id: str, user_id: int, account: int, n: int = 0
    ) -> tuple[int, int, int]:
        """Know a user, registered in log entry *n*, before the tables do.

        Users never change account, so this stays true.
        """
        self._users.put(external_id, (user_id, account, n))
        return user_id, account, n

    async def _by_key(self, text: str) -> Principal | Rejected:
        name = self._keys.recognise(text)
        if name is None:
            return Rejected(Reject.KEY_INVALID)
        now = self._clock()
        known = self._key_holders.get(name)
        if known is not None and now < known[0]:
            return known[1]
        holder = await self._holder(name)
        if isinstance(holder, Rejected):
            self._key_holders.discard(name)
        else:
            self._key_holders.put(name, (now + KEY_STALE_SECONDS, holder))
        return holder

    async def _holder(self, name: KeyName) -> Principal | Rejected:
        row = await self._accounts.key(name.key_id)
        if row is None or row.revoked_at_us or row.generation != name.generation:
            return Rejected(Reject.KEY_INVALID)
        user = await self._accounts.user(row.user_id)
        if user is None:
            return Rejected(Reject.KEY_INVALID)
        scopes = frozenset(row.scopes.replace(",", " ").split())
        return Principal(user.user_id, user.account, user.external_id, scopes, name.key_id)


class Registrar:
    """Registers the holder of a token on first sight."""

    def __init__(self, identity: Identity, asset: Asset) -> None:
        """Register with *asset*, and tell *identity* at once."""
        self._identity = identity
        self._asset = asset

    async def admit(self, claims: Claims, invited_by: int = 0) -> Principal | Rejected:
        """Return the user of *claims*, registering them when this is the first time.

        *invited_by* is the user whose invitation they show; it counts on the first time only.
        """
        known = await self._identity.registered(claims)
        if not isinstance(known, Rejected):
            return known
        answer = await self._asset.funds(CreateUserOp(0, claims.subject, "", "", invited_by))
        if isinstance(answer, Declined):
            return Rejected(Reject(answer.reject), answer.got, answer.expected)
        ids = self._identity.remember(claims.subject, answer.id, answer.ids[0], answer.n)
        return _of_token(claims, *ids)


def _of_token(claims: Claims, user_id: int, account: int, n: int) -> Principal:
    return Principal(
        user_id,
        account,
        claims.subject,
        claims.scopes,
        expires_at=claims.expires_at,
        registered_n=n,
    )
