"""Tokens of the exchange itself: for everybody without an issuer, for operators beside one."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from msgspec.structs import replace

from outcry.app.credentials import OPERATOR_ISSUER, lifetime_of, new_token, verifier
from outcry.app.failures import UsageError
from outcry.domain.rejects import Reject, Rejected
from outcry.runtime.config import Auth, Config
from outcry.runtime.tokens import Claims, TokenSigner


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """Return the configuration of an exchange that exists."""
    (tmp_path / "secrets").mkdir(mode=0o700)
    return Config(data_dir=str(tmp_path))


def external(config: Config, folder: Path) -> tuple[Config, TokenSigner]:
    """Return *config* with an issuer of its own users, and that issuer."""
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    (folder / "issuer.pem").write_bytes(pem)
    auth = Auth(key_file=str(folder / "issuer.pem"))
    return replace(config, auth=auth), TokenSigner(key, name=auth.issuer, audience=auth.audience)


def claims(config: Config, token: str) -> Claims:
    """Return what a token says that must be good."""
    found = verifier(config).verify(token)
    assert not isinstance(found, Rejected), found
    return found


def test_the_development_key_signs_for_users_and_operators(config: Config) -> None:
    """A user's token may read and trade, an operator's token may administer and nothing else."""
    user = claims(config, new_token(config, "ann", admin=False, ttl="1h"))
    assert user.subject == "ann"
    assert user.scopes == {"read", "trade"}
    assert claims(config, new_token(config, "boss", admin=True, ttl="1h")).scopes == {"admin"}


def test_beside_an_issuer_only_operators_get_tokens_here(config: Config, tmp_path: Path) -> None:
    """With auth.key_file users' tokens are refused by the command and taken from the issuer."""
    config, issuer = external(config, tmp_path)
    with pytest.raises(UsageError, match=r"auth\.key_file is set"):
        new_token(config, "ann", admin=False, ttl="1h")
    assert claims(config, new_token(config, "boss", admin=True, ttl="1h")).scopes == {"admin"}
    theirs = issuer.sign("ann", scopes=["admin"], now=1_900_000_000, lifetime=3_600)
    assert claims(config, theirs).scopes == {"read", "trade"}


def test_the_own_key_does_not_speak_for_the_issuer(config: Config, tmp_path: Path) -> None:
    """A token of the development key in the issuer's name is refused once there is an issuer."""
    forged = new_token(config, "ann", admin=False, ttl="1h")
    config, _ = external(config, tmp_path)
    found = verifier(config).verify(forged)
    assert isinstance(found, Rejected)
    assert found.reject is Reject.TOKEN_INVALID
    assert config.auth.issuer != OPERATOR_ISSUER


def test_a_token_for_an_exchange_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    """No key is made where no exchange is: its tokens would be good nowhere."""
    with pytest.raises(UsageError, match="there is no exchange"):
        new_token(Config(data_dir=str(tmp_path / "none")), "ann", admin=False, ttl="1h")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("15m", 900), ("12h", 43_200), ("30d", 2_592_000)]
)
def test_a_lifetime_is_a_number_and_a_unit(text: str, seconds: int) -> None:
    """Seconds, minutes, hours and days are understood."""
    assert lifetime_of(text) == seconds


@pytest.mark.parametrize("text", ["", "0h", "-1h", "1", "1.5h", "367d", "1w", "１h", "99999999d"])
def test_other_lifetimes_are_refused(text: str) -> None:
    """Nothing is guessed, and nothing lives longer than a year."""
    with pytest.raises(UsageError, match="--ttl"):
        lifetime_of(text)
