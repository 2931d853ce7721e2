"""Secrets that the exchange makes for itself, on first use, in the data folder.

Each is one file of mode 0600 in a folder of mode 0700. A file appears whole and synced or not at
all, the first of several makers wins, and a file that others could read is refused: whoever could
read it once may know it.
"""

import os
import secrets
import stat
from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from outcry.domain.errors import OutcryError


MASTER_KEY_BYTES = 32
_READ_BYTES_MAX = 65_536


class SecretsError(OutcryError):
    """A secret cannot be read or trusted; the message is a sentence for the operator."""


def master_key(folder: Path) -> bytes:
    """Return the key that every API secret is derived from: 32 random bytes."""
    path = folder / "master.key"
    key = _read_or_make(path, lambda: secrets.token_bytes(MASTER_KEY_BYTES))
    if len(key) != MASTER_KEY_BYTES:
        raise SecretsError(f"{path}: has {len(key)} bytes, expected {MASTER_KEY_BYTES}; restore it")
    return key


def development_key(folder: Path) -> ec.EllipticCurvePrivateKey:
    """Return the P-256 key that signs tokens when no issuer is configured."""
    path = folder / "development-jwt.pem"
    try:
        key = serialization.load_pem_private_key(_read_or_make(path, _new_signing_key), None)
    except ValueError as error:
        raise SecretsError(f"{path}: is not a private key in PEM; restore or remove it") from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise SecretsError(f"{path}: is not a P-256 key, which ES256 needs; restore or remove it")
    return key


def password_file(folder: Path, name: str) -> Path:
    """Return the file of a random password of 43 letters, digits, ``-`` and ``_``."""
    path = folder / f"{name}.password"
    _read_or_make(path, lambda: secrets.token_urlsafe(32).encode())
    return path


def read_secret(path: Path) -> bytes:
    """Return the bytes of *path*; raises `SecretsError` if anybody else may read it."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise SecretsError(f"{path}: cannot be read: {error.strerror}") from error
    try:
        status = os.fstat(file)
        if not stat.S_ISREG(status.st_mode):
            raise SecretsError(f"{path}: is not a file")
        if status.st_uid not in {os.geteuid(), 0}:
            raise SecretsError(f"{path}: belongs to user {status.st_uid}, not to us")
        if status.st_mode & 0o077:
            raise SecretsError(
                f"{path}: mode {stat.S_IMODE(status.st_mode):04o} lets others in, expected 0600; "
                "make a new secret, or chmod it if nobody has read it"
            )
        return os.read(file, _READ_BYTES_MAX)
    finally:
        os.close(file)


def _read_or_make(path: Path, make: Callable[[], bytes]) -> bytes:
    try:
        return read_secret(path)
    except FileNotFoundError:
        _create(path, make())
    return read_secret(path)


def _create(path: Path, content: bytes) -> None:
    """Make *path* appear whole; leaves it alone if somebody else has just made it."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        os.write(file, content)
        os.fsync(file)
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        os.close(file)
        draft.unlink()
    folder = os.open(path.parent, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _new_signing_key() -> bytes:
    return ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
