"""Keys of one exchange: what signs and checks tokens, what API keys are derived from.

Without ``auth.key_file`` the exchange issues its users' tokens itself, with the development key of
its data folder. With one, users' tokens come from that issuer alone, and the exchange's own key
signs nothing but tokens for its operators, under a name of its own.
"""

from pathlib import Path
from typing import Final

from outcry.app.failures import UsageError
from outcry.runtime import secrets
from outcry.runtime.api_keys import KeyRing
from outcry.runtime.config import Config
from outcry.runtime.data_dir import DataDir
from outcry.runtime.tokens import (
    Issuer,
    KeyMaterialError,
    TokenSigner,
    TokenVerifier,
    read_public_keys,
)


#: Who signs operators' tokens where users' tokens come from elsewhere.
OPERATOR_ISSUER: Final = "outcry-operator"


def key_ring(config: Config) -> KeyRing:
    """Return what API keys and service tokens are derived from."""
    return KeyRing(secrets.master_key(_folder(config)))


def signer(config: Config) -> TokenSigner:
    """Return the exchange's own signer of tokens."""
    key = secrets.development_key(_folder(config))
    name = OPERATOR_ISSUER if config.auth.key_file else config.auth.issuer
    return TokenSigner(key, name=name, audience=config.auth.audience)


def verifier(config: Config) -> TokenVerifier:
    """Return what decides whose tokens are good."""
    issuers = [signer(config).issuer]
    if config.auth.key_file:
        issuers.append(_external(config))
    return TokenVerifier(issuers, leeway_seconds=config.auth.token_leeway_seconds)


def new_token(config: Config, user: str, *, admin: bool, now: int, lifetime: int) -> str:
    """Return a token for *user*; raises `UsageError` where an issuer signs users' tokens."""
    if config.auth.key_file and not admin:
        raise UsageError(
            f"users' tokens come from {config.auth.issuer} (auth.key_file is set): this exchange "
            "signs tokens for its operators only, see --admin"
        )
    # An operator who is also a user says so by a token without --admin.
    scopes = ("admin",) if admin else ()
    return signer(config).sign(user, scopes=scopes, now=now, lifetime=lifetime)


def check_keys(config: Config) -> None:
    """Raise `KeyMaterialError` when the configured keys of an issuer cannot be used."""
    if config.auth.key_file:
        _external(config)


def _external(config: Config) -> Issuer:
    path = Path(config.auth.key_file)
    try:
        keys = read_public_keys(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise KeyMaterialError(f"auth.key_file: {path} cannot be read: {error}") from error
    return Issuer(config.auth.issuer, config.auth.audience, keys)


def _folder(config: Config) -> Path:
    return DataDir(config.data_dir).folder("secrets")
