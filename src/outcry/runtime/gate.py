"""Gate: from the headers of a request to somebody who may make it, or the reject that says why not.

Used by every HTTP door; it knows headers, not a web library. Failed attempts count against the
address they come from.
"""

from collections.abc import Mapping
from typing import Final

from outcry.domain.rejects import Reject, Rejected
from outcry.runtime.identity import ADMIN, Identity, Principal, Registrar
from outcry.runtime.lockout import Lockout
from outcry.runtime.rates import Rates


_BEARER: Final = "bearer "


class Gate:
    """Admits who shows good credentials with the scope that is needed."""

    def __init__(
        self, identity: Identity, registrar: Registrar, addresses: Rates[str], lockout: Lockout
    ) -> None:
        """Ask *identity*; register newcomers with *registrar*; *lockout* knows who guesses."""
        self._identity = identity
        self._registrar = registrar
        self._addresses = addresses
        self._lockout = lockout

    def visitor(self, address: str) -> Rejected | None:
        """Count a request that needs no credentials."""
        return self._addresses.take(address)

    def left(self, address: str) -> tuple[int, int, int]:
        """Return the limit of an address, what is left of it, and seconds until all of it is."""
        return self._addresses.state(address)

    def locked(self, address: str) -> Rejected | None:
        """Return the reject of an address that guessed too often."""
        return self._lockout.check(address)

    async def holder(
        self, scope: str, headers: Mapping[str, str], address: str
    ) -> Principal | Rejected:
        """Return who asks, when they are a user with *scope*."""
        locked = self._lockout.check(address)
        if locked:
            return locked
        token = _token(headers)
        if isinstance(token, Rejected):
            return self.failed(token, address)
        found = await self._identity.authenticate(token=token, api_key=headers.get("x-api-key", ""))
        if isinstance(found, Rejected):
            return self.failed(found, address)
        return found if scope in found.scopes else _without(scope, found.scopes)

    async def newcomer(
        self, headers: Mapping[str, str], address: str, invited_by: int = 0
    ) -> Principal | Rejected:
        """Return the user whose token is shown; only a token will do, and a new user is made."""
        locked = self._lockout.check(address)
        if locked:
            return locked
        token = _token(headers)
        if not token:
            got = "an API key" if headers.get("x-api-key") else ""
            token = Rejected(Reject.CREDENTIALS_MISSING, got, "Authorization: Bearer <jwt>")
        claims = token if isinstance(token, Rejected) else self._identity.claims(token)
        if isinstance(claims, Rejected):
            return self.failed(claims, address)
        return await self._registrar.admit(claims, invited_by)

    async def admin(self, headers: Mapping[str, str], address: str) -> Principal | Rejected:
        """Return an admin: by key, or by a token of the exchange itself, known before or not."""
        token = _token(headers)
        if isinstance(token, Rejected) or not token:
            return await self.holder(ADMIN, headers, address)
        claims = self._lockout.check(address) or self._identity.claims(token)
        if isinstance(claims, Rejected):
            return self.failed(claims, address)
        if ADMIN not in claims.scopes:
            return _without(ADMIN, claims.scopes)
        return await self._registrar.admit(claims)

    def failed(self, rejected: Rejected, address: str) -> Rejected:
        """Count an attempt that did not show who it is; returns what to answer."""
        self._lockout.note(address, rejected)
        return self._addresses.take(address) or rejected


def _token(headers: Mapping[str, str]) -> str | Rejected:
    """Return the token in the headers, "" when there is none."""
    authorization = headers.get("authorization", "")
    if not authorization:
        return ""
    if not authorization.lower().startswith(_BEARER):
        return Rejected(Reject.TOKEN_INVALID, "another scheme", "Authorization: Bearer <jwt>")
    return authorization[len(_BEARER) :].strip() or Rejected(Reject.CREDENTIALS_MISSING)


def _without(scope: str, scopes: frozenset[str]) -> Rejected:
    return Rejected(Reject.SCOPE_MISSING, " ".join(sorted(scopes)) or "no scope", scope)
