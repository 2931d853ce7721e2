"""Which contracts on which chain an exchange settles with: a file that deploying writes.

``DATA/chain/deployment.json`` holds nothing secret; the keys of operator and oracle stand beside
it, each a line of hexadecimal text that only its owner may read.
"""

import os
from pathlib import Path
from typing import Final

import msgspec

from outcry.adapters.evm.abi import address_of
from outcry.adapters.evm.signer import Signer
from outcry.domain.errors import OutcryError


FOLDER: Final = "chain"
FILE: Final = "deployment.json"
OPERATOR_KEY: Final = "operator.key"
ORACLE_KEY: Final = "oracle.key"
OWNER_KEY: Final = "owner.key"
_PRIVATE: Final = 0o600
_PRIVATE_FOLDER: Final = 0o700


class NotDeployed(OutcryError):
    """There is no deployment, or its file or a key is not what it should be; says what to do."""


class Deployment(msgspec.Struct, frozen=True):
    """Addresses are ``0x`` and 40 hexadecimal digits; ``exit_delay`` is in seconds."""

    chain_id: int
    rpc_url: str
    settlement: str
    ctf: str
    collateral: str
    oracle: str
    operator: str
    #: Nothing of ours is in a block below it.
    deployed_block: int
    exit_delay: int
    #: What orders of each generation are signed for.
    home_v1: str
    home_v2: str
    #: Name in the domain that orders are signed for.
    domain_name: str
    #: Whose escrow the fees go to.
    fee_account: str


def folder(data_dir: Path) -> Path:
    """Return the folder of the deployment and its keys."""
    return data_dir / FOLDER


def deployment_file(data_dir: Path) -> Path:
    """Return where the deployment of *data_dir* is, or would be."""
    return folder(data_dir) / FILE


def load(data_dir: Path) -> Deployment:
    """Return the deployment of *data_dir*; raises `NotDeployed`."""
    path = folder(data_dir) / FILE
    try:
        return _checked(msgspec.json.decode(path.read_bytes(), type=Deployment))
    except FileNotFoundError:
        raise NotDeployed(
            f"{path} is not there: `outcry chain dev` starts a development chain, "
            "`outcry chain deploy` puts the contracts on another"
        ) from None
    except (OSError, ValueError) as error:
        raise NotDeployed(f"{path} cannot be used: {error}") from error


def save(data_dir: Path, deployment: Deployment) -> Path:
    """Write *deployment* whole or not at all; return its path."""
    place = _made(data_dir)
    path = place / FILE
    content = msgspec.json.format(msgspec.json.encode(deployment), indent=2) + b"\n"
    part = path.with_suffix(".part")
    part.write_bytes(content)
    part.replace(path)
    return path


def load_key(data_dir: Path, name: str) -> Signer:
    """Return the key in file *name* of the folder; raises `NotDeployed`."""
    return read_key(folder(data_dir) / name)


def read_key(path: Path) -> Signer:
    """Return the key in the file *path*; raises `NotDeployed`."""
    try:
        if path.stat().st_mode & 0o077:
            raise NotDeployed(f"{path} can be read by others: `chmod 600 {path}`")
        return Signer(bytes.fromhex(path.read_text(encoding="ascii").strip().removeprefix("0x")))
    except (OSError, ValueError) as error:
        # What is in the file stays out of the message.
        raise NotDeployed(f"{path} is no file with a key of 64 hexadecimal digits") from error


def save_key(data_dir: Path, name: str, key: bytes) -> Path:
    """Write a key that only its owner may read; return its path."""
    path = _made(data_dir) / name
    path.unlink(missing_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(f"0x{key.hex()}\n")
    return path


def _made(data_dir: Path) -> Path:
    place = folder(data_dir)
    place.mkdir(mode=_PRIVATE_FOLDER, parents=True, exist_ok=True)
    return place


def _checked(deployment: Deployment) -> Deployment:
    for name in ("settlement", "ctf", "collateral", "oracle", "operator", "home_v1", "home_v2"):
        address_of(getattr(deployment, name))
    return deployment
