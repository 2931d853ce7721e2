"""Keys of one exchange: what signs and checks tokens, what API keys are derived from.

Without ``auth.key_file`` the exchange issues its users' tokens itself, with the development key of
its data folder. With one, users' tokens come from that issuer alone, and the exchange's own key
signs nothing but tokens for its operators, under a name of its own.
"""

import re
import time
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
UNIT_SECONDS: Final = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
LIFETIME_SECONDS_MAX: Final = 366 * 86_400


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


def new_token(config: Config, user: str, *, admin: bool, ttl: str) -> str:
    """Return a token for *user* that is good for *ttl* (``12h``) from now on.

    Raises `UsageError` where another issuer signs users' tokens.
    """
    lifetime = lifetime_of(ttl)
    if not (Path(config.data_dir) / "secrets").is_dir():
        # A key made here and now would sign tokens that no exchange accepts.
        raise UsageError(f"there is no exchange in {config.data_dir}: `outcry up` makes one")
    if config.auth.key_file and not admin:
        raise UsageError(
            f"users' tokens come from {config.auth.issuer} (auth.key_file is set): this exchange "
            "signs tokens for its operators only, see --admin"
        )
    # An operator who is also a user says so by a token without --admin.
    scopes = ("admin",) if admin else ()
    return signer(config).sign(user, scopes=scopes, now=int(time.time()), lifetime=lifetime)


def lifetime_of(text: str) -> int:
    """Return the seconds in ``90s``, ``15m``, ``12h`` or ``30d``; raises `UsageError`."""
    match = re.fullmatch(r"([1-9][0-9]{0,7})([smhd])", text, re.ASCII)
    seconds = int(match[1]) * UNIT_SECONDS[match[2]] if match else 0
    if not 0 < seconds <= LIFETIME_SECONDS_MAX:
        raise UsageError(f"--ttl: {text!r} is no time from 1s to 366d; write 90s, 15m, 12h or 30d")
    return seconds


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
