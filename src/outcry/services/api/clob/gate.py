"""Gate: who asks on the CLOB surface, by a login of an address or by a signed request.

Failed attempts count against where they come from, as on every other door.
"""

from collections.abc import Mapping
from hmac import compare_digest
from typing import Final, NamedTuple

from outcry.domain.ledger.people import address_key
from outcry.domain.rejects import Reject, Rejected
from outcry.runtime.clob_auth import is_signed
from outcry.runtime.clob_identity import ClobIdentity, Holder
from outcry.runtime.clob_keys import BUILDER, READONLY, named
from outcry.runtime.gate import Gate
from outcry.runtime.identity import READ
from outcry.services.api.clob.config import ClobConfig
from outcry.services.api.clob.login import Login, LoginTerms, Said, stale, verify_login


class Asking(NamedTuple):
    """A request as it came."""

    method: str
    #: Without the query.
    path: str
    #: By lower-case name.
    headers: Mapping[str, str]
    body: bytes
    #: Where it came from.
    source: str


class ClobGate:
    """Admits who shows a good login or a good signature with the scope that is needed."""

    def __init__(self, identity: ClobIdentity, gate: Gate, config: ClobConfig) -> None:
        """Ask *identity*; *gate* counts attempts."""
        self._identity = identity
        self._gate = gate
        self._terms = LoginTerms(config.profile.chain_id, config.skew_seconds_max)

    def login(self, asking: Asking, now: float) -> Login | Rejected:
        """Return the address that logs in at *now*, in seconds since 1970."""
        locked = self._gate.locked(asking.source)
        if locked:
            return locked
        names = ("poly_address", "poly_timestamp", "poly_nonce", "poly_signature")
        said = [asking.headers.get(name, "0" if name == "poly_nonce" else "") for name in names]
        found = verify_login(Said(*said), self._terms, now)
        return self._gate.failed(found, asking.source) if isinstance(found, Rejected) else found

    async def holder(self, asking: Asking, scope: str, now: float) -> Holder | Rejected:
        """Return who holds the key that signs the request at *now*."""
        locked = self._gate.locked(asking.source)
        if locked:
            return locked
        found = await self._holder(asking, scope, now)
        return self._gate.failed(found, asking.source) if isinstance(found, Rejected) else found

    async def builder(self, asking: Asking, now: float) -> Holder | Rejected:
        """Return who holds the builder's key that signs the request at *now*."""
        locked = self._gate.locked(asking.source)
        if locked:
            return locked
        names = {name: f"poly_builder_{name.removeprefix('poly_')}" for name in _SIGNED}
        headers = {name: asking.headers.get(other, "") for name, other in names.items()}
        found = await self._signed(asking._replace(headers=headers), None, now)
        if not isinstance(found, Rejected) and found.label != BUILDER:
            found = Rejected(Reject.KEY_INVALID, expected="a builder's key")
        return self._gate.failed(found, asking.source) if isinstance(found, Rejected) else found

    async def _holder(self, asking: Asking, scope: str, now: float) -> Holder | Rejected:
        headers = asking.headers
        if "poly_signature" not in headers and scope == READ and "poly_api_key" in headers:
            return await self._reader(headers)
        found = await self._signed(asking, address_key(headers.get("poly_address", "")), now)
        if isinstance(found, Rejected):
            return found
        if found.label in (READONLY, BUILDER):
            return Rejected(Reject.KEY_INVALID, expected="a trading key")
        scopes = found.principal.scopes
        if scope not in scopes:
            return Rejected(Reject.SCOPE_MISSING, " ".join(sorted(scopes)) or "no scope", scope)
        return found

    async def _reader(self, headers: Mapping[str, str]) -> Holder | Rejected:
        """Return who shows a key that may read, and needs no signature to do so."""
        address = address_key(headers.get("poly_address", ""))
        found = await self._identity.holder(headers["poly_api_key"], address)
        if isinstance(found, Rejected) or found.label == READONLY:
            return found
        return Rejected(Reject.CREDENTIALS_MISSING, expected="POLY_SIGNATURE")

    async def _signed(self, asking: Asking, address: str | None, now: float) -> Holder | Rejected:
        """Return who signed the request; *address* None leaves open which one the key is of."""
        headers = asking.headers
        given = {name: headers.get(name, "") for name in _SIGNED}
        missing = [name.upper() for name, value in given.items() if not value]
        if missing:
            return Rejected(Reject.CREDENTIALS_MISSING, expected=", ".join(missing))
        timestamp = given["poly_timestamp"]
        late = stale(timestamp, self._terms.skew_seconds_max, now)
        if late:
            return late
        name = named(given["poly_api_key"])
        if name is None:
            return Rejected(Reject.KEY_INVALID, expected="a key that this exchange made")
        secrets = self._identity.keys.credentials(name)
        right = compare_digest(given["poly_passphrase"].encode(), secrets.passphrase.encode())
        path, signature = asking.path, given["poly_signature"]
        if not right or not is_signed(
            signature, secrets.secret, timestamp, asking.method, path, asking.body
        ):
            wanted = f"the signature of {timestamp}{asking.method}{path} and the body"
            return Rejected(Reject.KEY_INVALID, "another signature or passphrase", wanted)
        return await self._identity.holder(given["poly_api_key"], address)


_SIGNED: Final = ("poly_api_key", "poly_passphrase", "poly_timestamp", "poly_signature")
