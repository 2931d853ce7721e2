"""Secrets appear once, whole, and for their owner only."""

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from outcry.runtime import secrets
from outcry.runtime.secrets import SecretsError


def test_a_secret_is_made_once_with_mode_0600(tmp_path: Path) -> None:
    """The first call makes the file, later ones read it; nobody else may, and no draft is left."""
    folder = tmp_path / "secrets"

    key = secrets.master_key(folder)

    assert len(key) == 32
    assert secrets.master_key(folder) == key
    assert [stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()] == [0o600]
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_the_first_of_several_makers_wins(tmp_path: Path) -> None:
    """Processes that start at once agree on one key."""
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: secrets.master_key(tmp_path), range(32)))

    assert len(keys) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["master.key"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o601])
def test_a_secret_that_others_may_touch_is_refused(tmp_path: Path, mode: int) -> None:
    """Any right of group or world refuses the file, and the sentence names both modes."""
    secrets.master_key(tmp_path)
    (tmp_path / "master.key").chmod(mode)

    with pytest.raises(SecretsError, match=rf"mode {mode:04o} lets others in, expected 0600"):
        secrets.master_key(tmp_path)


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    """A secret that is a symbolic link could be anybody's file."""
    target = tmp_path / "elsewhere"
    target.write_bytes(bytes(32))
    target.chmod(0o600)
    (tmp_path / "master.key").symlink_to(target)

    with pytest.raises(SecretsError, match="cannot be read"):
        secrets.master_key(tmp_path)


def test_a_folder_in_its_place_is_refused(tmp_path: Path) -> None:
    """Only a regular file can be a secret."""
    (tmp_path / "master.key").mkdir(mode=0o700)

    with pytest.raises(SecretsError, match="is not a file"):
        secrets.master_key(tmp_path)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_file_of_another_user_is_refused(tmp_path: Path) -> None:
    """Whoever owns the file may change it."""
    secrets.master_key(tmp_path)
    os.chown(tmp_path / "master.key", 12345, 12345)

    with pytest.raises(SecretsError, match="belongs to user 12345"):
        secrets.master_key(tmp_path)


def test_a_damaged_master_key_is_never_replaced(tmp_path: Path) -> None:
    """Every API secret hangs on it: a short key is refused, not made anew."""
    secrets.master_key(tmp_path)
    (tmp_path / "master.key").write_bytes(b"short")

    with pytest.raises(SecretsError, match="has 5 bytes, expected 32"):
        secrets.master_key(tmp_path)


def test_the_development_key_stays_the_same(tmp_path: Path) -> None:
    """Tokens signed before a restart are good after it."""
    first = secrets.development_key(tmp_path).private_numbers()

    assert secrets.development_key(tmp_path).private_numbers() == first


def test_a_key_of_another_kind_is_refused(tmp_path: Path) -> None:
    """ES256 needs a P-256 key; others are refused at start and not at the first token."""
    pem = rsa.generate_private_key(65537, 2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = tmp_path / "development-jwt.pem"
    path.touch(0o600)

    with pytest.raises(SecretsError, match="is not a private key in PEM"):
        secrets.development_key(tmp_path)
    path.write_bytes(pem)
    with pytest.raises(SecretsError, match="is not a P-256 key"):
        secrets.development_key(tmp_path)
