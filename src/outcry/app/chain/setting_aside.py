"""Contracts beside a ledger that is deleted: they remember it, so nobody may settle with them."""

# ruff: noqa: PLC0415 - what speaks to a node is loaded where one is used

from itertools import count
from pathlib import Path
from typing import Final


#: Under such a name a deployment is used by nobody; the number is the first that is free.
ASIDE: Final = "deployment.before-reset-{}.json"


def set_aside(data_dir: Path) -> str:
    """Take the contracts of a data folder out of use; says what that means, "" without any.

    A development chain goes with the exchange, and its keys with it, which everybody knows. One of
    others stays, and so do its keys, which may have money: only the deployment is put aside.
    """
    from outcry.adapters.evm import deployment as files
    from outcry.adapters.evm.devnet import STATE_FILE

    folder, deployment = files.folder(data_dir), files.deployment_file(data_dir)
    if not deployment.exists():
        return ""
    if not (folder / STATE_FILE).exists():
        name = next(one for one in map(ASIDE.format, count(1)) if not (folder / one).exists())
        deployment.replace(folder / name)
        return (
            f"The contracts remember what is deleted here: their deployment is in {name} now, "
            "beside their keys. `outcry chain deploy` puts others there for a new exchange."
        )
    for path in (deployment, folder / STATE_FILE, folder / "anvil.log", *_known_keys(folder)):
        path.unlink(missing_ok=True)
    if not any(folder.iterdir()):
        folder.rmdir()
    return "The development chain went with it: start `outcry chain dev` (again) for another."


def _known_keys(folder: Path) -> list[Path]:
    """Return the files of keys that are those of development chains."""
    from outcry.adapters.evm import deployment as files
    from outcry.adapters.evm.devnet import account

    names = {"operator": files.OPERATOR_KEY, "oracle": files.ORACLE_KEY, "owner": files.OWNER_KEY}
    paths = {name: folder / file for name, file in names.items()}
    return [
        path
        for name, path in paths.items()
        if path.exists() and path.read_text().strip() == f"0x{account(name).hex()}"
    ]
