"""Tokens: which are good, and that nothing else is."""

import base64
import hashlib
import hmac
import json
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from outcry.domain.rejects import Reject, Rejected
from outcry.runtime.tokens import (
    LEEWAY_SECONDS,
    TOKEN_LENGTH_MAX,
    Claims,
    Issuer,
    KeyMaterialError,
    TokenSigner,
    TokenVerifier,
    read_public_keys,
)


NOW = 1_800_000_000
CLAIMS = {"iss": "issuer.test", "aud": "app", "sub": "alice", "exp": NOW + 600}


class Clock:
    """Seconds that a test moves by hand."""

    def __init__(self) -> None:
        self.now = float(NOW)

    def __call__(self) -> float:
        """Return the present second."""
        return self.now


def new_key() -> ec.EllipticCurvePrivateKey:
    """Return a fresh P-256 key."""
    return ec.generate_private_key(ec.SECP256R1())


def public_pem(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> str:
    """Return the public half of a key as PEM."""
    public = key.public_key()
    return public.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    ).decode()


def jwk(key: ec.EllipticCurvePrivateKey, key_id: str) -> dict[str, Any]:
    """Return the public half of a key as a JSON Web Key."""
    found: dict[str, Any] = jwt.algorithms.ECAlgorithm.to_jwk(key.public_key(), as_dict=True)
    return {**found, "kid": key_id, "alg": "ES256", "use": "sig"}


KEY = new_key()
OTHER_KEY = new_key()


@pytest.fixture
def clock() -> Clock:
    """Give a clock that stands at `NOW`."""
    return Clock()


@pytest.fixture
def verifier(clock: Clock) -> TokenVerifier:
    """Give a verifier that trusts one issuer with one key."""
    return TokenVerifier([Issuer("issuer.test", "app", {"": KEY.public_key()})], clock=clock)


def sign(
    claims: dict[str, Any],
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey = KEY,
    algorithm: str = "ES256",
    **headers: object,
) -> str:
    """Return a token with these claims, whoever's key and whatever algorithm."""
    return jwt.encode(claims, key, algorithm=algorithm, headers=headers)


def test_a_good_token_says_who_and_until_when(verifier: TokenVerifier) -> None:
    """A token of a trusted issuer gives its subject, user scopes and expiry."""
    assert verifier.verify(sign(CLAIMS)) == Claims("alice", frozenset({"read", "trade"}), NOW + 600)


@pytest.mark.parametrize(
    "change",
    [
        {"iss": "evil.test"},
        {"aud": "another app"},
        {"aud": []},
        {"sub": ""},
        {"sub": "a\0b"},
        {"sub": "a" * 257},
        {"nbf": NOW + LEEWAY_SECONDS + 1},
        {"exp": "soon"},
        {"exp": True},
        {"sub": 7},
    ],
)
def test_wrong_claims_are_refused(verifier: TokenVerifier, change: dict[str, object]) -> None:
    """A rightly signed token with a wrong or misshapen claim is refused."""
    refused = verifier.verify(sign({**CLAIMS, **change}))

    assert isinstance(refused, Rejected)
    assert refused.reject is Reject.TOKEN_INVALID


@pytest.mark.parametrize("claim", ["iss", "aud", "sub", "exp"])
def test_no_claim_that_we_rely_on_may_be_missing(verifier: TokenVerifier, claim: str) -> None:
    """Leaving out issuer, audience, subject or expiry is a refusal, never a default."""
    claims = {name: value for name, value in CLAIMS.items() if name != claim}
    signed = jwt.api_jws.encode(json.dumps(claims).encode(), KEY, algorithm="ES256")

    assert verifier.verify(signed) == Rejected(
        Reject.TOKEN_INVALID, "a token that is malformed or wrongly signed"
    )


def test_expiry_has_a_leeway_and_no_more(verifier: TokenVerifier, clock: Clock) -> None:
    """A token counts until its expiry plus the leeway, remembered or not."""
    token = sign(CLAIMS)
    clock.now = NOW + 600 + LEEWAY_SECONDS - 1
    assert isinstance(verifier.verify(token), Claims)

    clock.now = NOW + 600 + LEEWAY_SECONDS
    assert verifier.verify(token) == Rejected(Reject.TOKEN_EXPIRED)
    assert verifier.verify(sign({**CLAIMS, "x": 1})) == Rejected(Reject.TOKEN_EXPIRED)


def forged_none() -> str:
    """Return a token that claims to need no signature."""
    return jwt.api_jws.encode(json.dumps(CLAIMS).encode(), "", algorithm="none")


def forged_hmac() -> str:
    """HS256 with the public key as the secret: what a naive verifier would accept."""

    def part(data: bytes) -> bytes:
        return base64.urlsafe_b64encode(data).rstrip(b"=")

    signed = part(b'{"alg":"HS256","typ":"JWT"}') + b"." + part(json.dumps(CLAIMS).encode())
    mac = hmac.digest(public_pem(KEY).encode(), signed, hashlib.sha256)
    return (signed + b"." + part(mac)).decode()


def tampered() -> str:
    """Return a good token with another subject put in."""
    head, _, signature = sign(CLAIMS).split(".")
    body = base64.urlsafe_b64encode(json.dumps({**CLAIMS, "sub": "mallory"}).encode())
    return f"{head}.{body.rstrip(b'=').decode()}.{signature}"


@pytest.mark.parametrize(
    "token",
    [
        forged_none(),
        forged_hmac(),
        tampered(),
        sign(CLAIMS, OTHER_KEY),
        sign(CLAIMS, rsa.generate_private_key(65537, 2048), "RS256"),
        sign(CLAIMS, ec.generate_private_key(ec.SECP384R1()), "ES384"),
        sign(CLAIMS)[:-2],
        "",
        ".",
        "a.b.c",
        "é" * 10,
        "[" * 5_000,
        "a" * (TOKEN_LENGTH_MAX + 1),
    ],
    ids=lambda token: token[:12],
)
def test_forgeries_are_refused(verifier: TokenVerifier, token: str) -> None:
    """No algorithm but ES256, no other key and no changed byte is accepted."""
    refused = verifier.verify(token)

    assert isinstance(refused, Rejected)
    assert refused.reject is Reject.TOKEN_INVALID


def test_keys_of_a_key_set_are_chosen_by_id_and_rotate(clock: Clock) -> None:
    """With a key set, the token's key id picks the key; a key that was taken out is refused."""
    both = read_public_keys(json.dumps({"keys": [jwk(KEY, "old"), jwk(OTHER_KEY, "new")]}))
    old, new = sign(CLAIMS, KEY, kid="old"), sign(CLAIMS, OTHER_KEY, kid="new")
    verifier = TokenVerifier([Issuer("issuer.test", "app", both)], clock=clock)
    assert isinstance(verifier.verify(old), Claims)
    assert isinstance(verifier.verify(new), Claims)
    assert isinstance(verifier.verify(sign(CLAIMS, OTHER_KEY, kid="old")), Rejected)
    assert isinstance(verifier.verify(sign(CLAIMS)), Rejected)

    rotated = TokenVerifier([Issuer("issuer.test", "app", {"new": both["new"]})], clock=clock)

    assert isinstance(rotated.verify(old), Rejected)
    assert isinstance(rotated.verify(new), Claims)


def test_only_the_exchange_itself_grants_scopes(clock: Clock) -> None:
    """The claim ``scope`` counts in a token signed by the exchange and in no other."""
    signer = TokenSigner(OTHER_KEY, name="outcry", audience="outcry")
    foreign = Issuer("issuer.test", "app", {"": KEY.public_key()})
    verifier = TokenVerifier([foreign, signer.issuer], clock=clock)

    own = verifier.verify(signer.sign("root", scopes=["read", "admin"], now=NOW, lifetime=60))
    plain = verifier.verify(signer.sign("alice", now=NOW, lifetime=60))
    odd = verifier.verify(signer.sign("bob", scopes=["everything"], now=NOW, lifetime=60))
    other = verifier.verify(sign({**CLAIMS, "scope": "admin"}))

    assert own == Claims("root", frozenset({"read", "admin"}), NOW + 60)
    assert plain == Claims("alice", frozenset({"read", "trade"}), NOW + 60)
    assert odd == Claims("bob", frozenset(), NOW + 60)
    assert other == Claims("alice", frozenset({"read", "trade"}), NOW + 600)


def test_an_issuer_cannot_sign_for_another(clock: Clock) -> None:
    """A foreign issuer's key signing in the exchange's own name is refused."""
    signer = TokenSigner(OTHER_KEY, name="outcry", audience="outcry")
    foreign = Issuer("issuer.test", "app", {"": KEY.public_key()})
    verifier = TokenVerifier([foreign, signer.issuer], clock=clock)

    forged = sign({**CLAIMS, "iss": "outcry", "aud": "outcry", "scope": "admin"}, KEY)

    assert isinstance(verifier.verify(forged), Rejected)


def test_no_issuer_may_say_who_has_an_address(clock: Clock) -> None:
    """A foreign issuer's subject that is an address is refused; the exchange's own is not."""
    signer = TokenSigner(OTHER_KEY, name="outcry", audience="outcry")
    foreign = Issuer("issuer.test", "app", {"": KEY.public_key()})
    verifier = TokenVerifier([foreign, signer.issuer], clock=clock)
    subject = f"eth:0x{'a1' * 20}"

    own = verifier.verify(signer.sign(subject, now=NOW, lifetime=60))

    assert isinstance(own, Claims)
    assert isinstance(verifier.verify(sign({**CLAIMS, "sub": subject})), Rejected)


def test_the_memory_of_verified_tokens_is_bounded(clock: Clock) -> None:
    """However many good tokens come, no more than the bound are remembered."""
    issuer = Issuer("issuer.test", "app", {"": KEY.public_key()})
    verifier = TokenVerifier([issuer], clock=clock, cache_count_max=3)

    for number in range(8):
        assert isinstance(verifier.verify(sign({**CLAIMS, "sub": f"user {number}"})), Claims)

    assert len(verifier._verified) == 3


def test_what_is_remembered_is_the_whole_token(verifier: TokenVerifier) -> None:
    """A remembered token does not vouch for one that differs in its signature only."""
    token = sign(CLAIMS)
    assert isinstance(verifier.verify(token), Claims)

    head, body, _ = token.split(".")

    assert isinstance(verifier.verify(f"{head}.{body}.{'A' * 86}"), Rejected)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",
        public_pem(rsa.generate_private_key(65537, 2048)),
        public_pem(ec.generate_private_key(ec.SECP384R1())),
        "{}",
        "{broken",
        '{"keys": []}',
        '{"keys": [{"kty": "oct", "k": "c2VjcmV0", "alg": "HS256"}]}',
    ],
)
def test_unusable_public_keys_are_said_so(text: str) -> None:
    """A configured key that cannot verify ES256 fails at start with a sentence."""
    with pytest.raises(KeyMaterialError):
        read_public_keys(text)


def test_a_signing_key_on_another_curve_is_refused() -> None:
    """ES256 is P-256: another curve fails at start with a sentence."""
    with pytest.raises(KeyMaterialError):
        TokenSigner(ec.generate_private_key(ec.SECP384R1()), name="outcry", audience="outcry")


def test_two_issuers_of_one_name_are_refused() -> None:
    """The name of an issuer decides whose keys count, so it must be unique."""
    issuer = Issuer("issuer.test", "app", {"": KEY.public_key()})
    with pytest.raises(KeyMaterialError):
        TokenVerifier([issuer, issuer])
