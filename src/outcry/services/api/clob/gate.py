"""Gate: who asks on the CLOB surface, by a login of an address or by a signed request.

Failed attempts count against where they come from, as on every other door.
"""

from collections.abc import Mapping
from hmac import compare_digest
from typing import Final, NamedTuple

from outcry.domain.ledger.people import address_key
from outcry.domain.rejects import Reject, Rejected
from outcry.runtime.clob_auth import is_signed, login_digest
from outcry.runtime.clob_identity import ClobIdentity, Holder
from outcry.runtime.clob_keys import BUILDER, READONLY, named
from outcry.runtime.eip712 import signer_of
from outcry.runtime.gate import Gate
from outcry.runtime.identity import READ
from outcry.services.api.clob.config import ClobConfig
from outcry.services.api.clob.profiles import SANDBOX_CHAINS


#: Digits of the largest nonce, and of a time in seconds.
NONCE_LENGTH_MAX: Final = 78
TIME_LENGTH_MAX: Final = 12
SIGNATURE_LENGTH: Final = 132
_UINT_LIMIT: Final = 1 << 256


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


class Login(NamedTuple):
    """An address that proved to be there."""

    address: str
    nonce: int


class ClobGate:
    """Admits who shows a good login or a good signature with the scope that is needed."""

    def __init__(self, identity: ClobIdentity, gate: Gate, config: ClobConfig) -> None:
        """Ask *identity*; *gate* counts attempts."""
        self._identity = identity
        self._gate = gate
        self._chain_id = config.profile.chain_id
        self._skew_seconds_max = config.skew_seconds_max

    def login(self, asking: Asking, now: float) -> Login | Rejected:
        """Return the address that logs in at *now*, in seconds since 1970."""
        locked = self._gate.locked(asking.source)
        if locked:
            return locked
        found = self._login(asking.headers, now)
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
        found = await self._signed(asking._replace(headers=headers), "", now)
        if not isinstance(found, Rejected) and found.label != BUILDER:
            found = Rejected(Reject.KEY_INVALID, expected="a builder's key")
        return self._gate.failed(found, asking.source) if isinstance(found, Rejected) else found

    def _login(self, headers: Mapping[str, str], now: float) -> Login | Rejected:
        address = address_key(headers.get("poly_address", ""))
        timestamp, nonce = headers.get("poly_timestamp", ""), headers.get("poly_nonce", "0")
        signature = headers.get("poly_signature", "")
        if not (address and timestamp and signature):
            wanted = "POLY_ADDRESS, POLY_SIGNATURE, POLY_TIMESTAMP and POLY_NONCE"
            return Rejected(Reject.CREDENTIALS_MISSING, expected=wanted)
        late = self._late(timestamp, now)
        if late:
            return late
        if not _is_number(nonce, NONCE_LENGTH_MAX) or int(nonce) >= _UINT_LIMIT:
            return Rejected(Reject.ORDER_NONCE_INVALID, nonce[:80], "a whole number")
        signed = _bytes(signature)
        owner = bytes.fromhex(address[2:])
        digest = login_digest(self._chain_id, owner, timestamp, int(nonce))
        if signer_of(digest, signed) == owner:
            return Login(address, int(nonce))
        wanted = f"a signature of {address} for chain {self._chain_id}"
        for chain_id in SANDBOX_CHAINS:
            if signer_of(login_digest(chain_id, owner, timestamp, int(nonce)), signed) == owner:
                return Rejected(Reject.LOGIN_INVALID, f"one for chain {chain_id}", wanted)
        return Rejected(Reject.LOGIN_INVALID, "another signature", wanted)

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

    async def _signed(self, asking: Asking, address: str, now: float) -> Holder | Rejected:
        """Return who signed the request; *address* "" leaves open which one the key is of."""
        headers = asking.headers
        given = {name: headers.get(name, "") for name in _SIGNED}
        missing = [name.upper() for name, value in given.items() if not value]
        if missing:
            return Rejected(Reject.CREDENTIALS_MISSING, expected=", ".join(missing))
        timestamp = given["poly_timestamp"]
        late = self._late(timestamp, now)
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

    def _late(self, timestamp: str, now: float) -> Rejected | None:
        if not _is_number(timestamp, TIME_LENGTH_MAX):
            return Rejected(Reject.REQUEST_STALE, timestamp[:80], "seconds since 1970")
        if abs(int(timestamp) - now) <= self._skew_seconds_max:
            return None
        wanted = f"within {self._skew_seconds_max} s of {int(now)}"
        return Rejected(Reject.REQUEST_STALE, timestamp, wanted)


_SIGNED: Final = ("poly_api_key", "poly_passphrase", "poly_timestamp", "poly_signature")


def _is_number(text: str, length_max: int) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= length_max


def _bytes(signature: str) -> bytes:
    """Return the bytes of a signature, none when it is not written as one."""
    if len(signature) != SIGNATURE_LENGTH or not signature.startswith("0x"):
        return b""
    try:
        return bytes.fromhex(signature[2:])
    except ValueError:
        return b""
