"""Tokens: JWTs signed with ES256 by an issuer that the operator trusts.

* Only ES256 is ever accepted, whatever the header of a token says.
* An issuer's token counts only under that issuer's own name, audience and keys.
* Scopes in a token count only from an issuer that may grant them: the exchange itself.
* The subject is the user's external id in one namespace for all issuers: trust no two issuers
  that could give the same subject to different people.

Keys are parsed once. A verified token is remembered by its digest until it expires.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from typing import Final, NamedTuple

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from msgspec import MsgspecError, Struct, json

from outcry.domain.errors import OutcryError
from outcry.domain.rejects import Reject, Rejected
from outcry.runtime.bounded import Bounded


ALGORITHM: Final = "ES256"
#: Longer tokens are declined unread.
TOKEN_LENGTH_MAX: Final = 8_192
#: A subject becomes a user's external id.
SUBJECT_LENGTH_MAX: Final = 256
#: Begins the external id of who is known by an address alone. Only a signature proves that somebody
#: has it: whoever could choose such a subject would be somebody else.
ADDRESS_PREFIX: Final = "eth:"
#: How far the clocks of issuer and exchange may be apart.
LEEWAY_SECONDS: Final = 30
#: Verified tokens that are remembered.
CACHE_COUNT_MAX: Final = 10_000

#: What a signed-in user may do.
USER_SCOPES: Final = frozenset({"read", "trade"})
#: Scopes that a token may name.
GRANTABLE_SCOPES: Final = frozenset({"read", "trade", "admin"})

PublicKey = ec.EllipticCurvePublicKey


class KeyMaterialError(OutcryError):
    """A configured key cannot be used; the message says why and what is expected."""


class Issuer(NamedTuple):
    """Who may sign tokens. ``keys`` by key id; the id "" fits a token of any or no key id."""

    name: str
    audience: str
    keys: Mapping[str, PublicKey]
    #: Whether the claim ``scope`` of its tokens counts.
    grants: bool = False


class Claims(NamedTuple):
    """What a valid token says."""

    subject: str
    scopes: frozenset[str]
    #: Seconds since 1970.
    expires_at: int


class _Payload(Struct):
    """The claims that we read; others are ignored."""

    iss: str
    aud: str | list[str]
    sub: str
    exp: int | float
    nbf: int | float = 0
    scope: str = ""


_decode_payload = json.Decoder(_Payload).decode
_jws = jwt.PyJWS(algorithms=[ALGORITHM])


class TokenVerifier:
    """Decides whether a token is good, and says what it claims."""

    def __init__(
        self,
        issuers: Sequence[Issuer],
        *,
        clock: Callable[[], float] = time.time,
        leeway_seconds: int = LEEWAY_SECONDS,
        cache_count_max: int = CACHE_COUNT_MAX,
    ) -> None:
        """Trust *issuers*, whose names differ. *clock* gives seconds since 1970."""
        self._issuers = {issuer.name: issuer for issuer in issuers}
        if len(self._issuers) != len(issuers):
            raise KeyMaterialError("two token issuers have the same name")
        self._clock = clock
        self._leeway_seconds = leeway_seconds
        self._verified: Bounded[bytes, Claims] = Bounded(cache_count_max)

    def verify(self, token: str) -> Claims | Rejected:
        """Return the claims of *token*, or why it is not accepted."""
        if len(token) > TOKEN_LENGTH_MAX or not token.isascii():
            return _invalid("a token of another form")
        digest = sha256(token.encode()).digest()
        claims = self._verified.get(digest)
        if claims is None:
            checked = self._check(token)
            if isinstance(checked, Rejected):
                return checked
            claims = checked
        if self._clock() >= claims.expires_at + self._leeway_seconds:
            self._verified.discard(digest)
            return Rejected(Reject.TOKEN_EXPIRED)
        self._verified.put(digest, claims)
        return claims

    def _check(self, token: str) -> Claims | Rejected:
        try:
            unverified = _jws.decode_complete(token, options={"verify_signature": False})
            # Not believed before the signature is: it only says whose signature to look for.
            payload = _decode_payload(unverified["payload"])
            issuer = self._issuers.get(payload.iss)
            if issuer is None:
                return _invalid("an issuer that is not trusted here", *self._issuers)
            key = _key(issuer, unverified["header"].get("kid"))
            if key is None:
                return _invalid("a key id that its issuer does not have")
            _jws.decode_complete(token, key, algorithms=[ALGORITHM])
        except (jwt.PyJWTError, MsgspecError, ValueError, TypeError, RecursionError):
            return _invalid("a token that is malformed or wrongly signed")
        return self._judge(payload, issuer)

    def _judge(self, payload: _Payload, issuer: Issuer) -> Claims | Rejected:
        audiences = [payload.aud] if isinstance(payload.aud, str) else payload.aud
        if issuer.audience not in audiences:
            return _invalid("a token for another audience", issuer.audience)
        if not 0 < len(payload.sub) <= SUBJECT_LENGTH_MAX or not payload.sub.isprintable():
            return _invalid("a subject of another form", f"1 to {SUBJECT_LENGTH_MAX} characters")
        if payload.sub.startswith(ADDRESS_PREFIX) and not issuer.grants:
            return _invalid("a subject that is an address", "one who has it signs for it")
        if payload.nbf > self._clock() + self._leeway_seconds:
            return _invalid("a token that is not valid yet")
        scopes = USER_SCOPES
        if issuer.grants and payload.scope:
            scopes = GRANTABLE_SCOPES.intersection(payload.scope.split())
        return Claims(payload.sub, scopes, int(payload.exp))


class TokenSigner:
    """Signs tokens in the exchange's own name, which may grant scopes."""

    def __init__(self, key: ec.EllipticCurvePrivateKey, *, name: str, audience: str) -> None:
        """Sign with *key*. Raises `KeyMaterialError` when it is not a P-256 key."""
        self._key = key
        self.issuer = Issuer(name, audience, {"": _checked(key.public_key())}, grants=True)

    def sign(self, subject: str, *, scopes: Sequence[str] = (), now: int, lifetime: int) -> str:
        """Return a token for *subject* that is valid from *now* for *lifetime* seconds."""
        claims = {
            "iss": self.issuer.name,
            "aud": self.issuer.audience,
            "sub": subject,
            "iat": now,
            "exp": now + lifetime,
        }
        if scopes:
            claims["scope"] = " ".join(scopes)
        return jwt.encode(claims, self._key, algorithm=ALGORITHM)


def read_public_keys(text: str) -> dict[str, PublicKey]:
    """Return the keys in *text*, a public key in PEM or a JSON Web Key Set, by key id.

    A key from PEM has the id "". Of a key set, keys that are not for ES256 signatures are left out.
    Raises `KeyMaterialError` when nothing usable is there.
    """
    if text.lstrip().startswith("{"):
        return _read_key_set(text)
    try:
        key = serialization.load_pem_public_key(text.encode())
    except ValueError as error:
        raise KeyMaterialError(f"not a public key in PEM: {error}") from None
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise KeyMaterialError("the public key is not an elliptic-curve key")
    return {"": _checked(key)}


def _read_key_set(text: str) -> dict[str, PublicKey]:
    try:
        key_set = jwt.PyJWKSet.from_json(text)
    except (jwt.PyJWTError, ValueError, AttributeError) as error:
        raise KeyMaterialError(f"not a JSON Web Key Set: {error}") from None
    found = {
        jwk.key_id or "": jwk.key
        for jwk in key_set.keys
        if jwk.algorithm_name == ALGORITHM
        and jwk.public_key_use in (None, "sig")
        and isinstance(jwk.key, ec.EllipticCurvePublicKey)
    }
    if not found:
        raise KeyMaterialError("the key set has no P-256 key for ES256")
    return {key_id: _checked(key) for key_id, key in found.items()}


def _checked(key: PublicKey) -> PublicKey:
    if not isinstance(key.curve, ec.SECP256R1):
        raise KeyMaterialError(f"ES256 needs a P-256 key; this one is on {key.curve.name}")
    return key


def _key(issuer: Issuer, key_id: object) -> PublicKey | None:
    if isinstance(key_id, str) and key_id in issuer.keys:
        return issuer.keys[key_id]
    if key_id is None and len(issuer.keys) == 1:
        return next(iter(issuer.keys.values()))
    return issuer.keys.get("")


def _invalid(got: str, *expected: str) -> Rejected:
    return Rejected(Reject.TOKEN_INVALID, got, ", ".join(expected))
