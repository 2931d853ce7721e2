"""The folder of the servers' sockets: private, and short enough for a socket's address."""

import hashlib
import os
import stat
import tempfile
from pathlib import Path

from outcry.adapters.embedded.failure import EmbeddedError
from outcry.runtime.data_dir import DataDir


#: What every system takes for the address of a socket (Linux 107, macOS 103).
ADDRESS_BYTES_MAX = 103
LONGEST_NAME = ".s.PGSQL.5432"


def socket_folder(data_dir: DataDir) -> Path:
    """Return ``run`` in the data folder, or a short folder of this data folder elsewhere."""
    inside = data_dir.path / "run"
    if len(os.fsencode(inside / LONGEST_NAME)) <= ADDRESS_BYTES_MAX:
        return _private(inside)
    digest = hashlib.sha256(os.fsencode(data_dir.path)).hexdigest()[:16]
    own = Path(os.environ.get("XDG_RUNTIME_DIR", ""))
    parent = own if own.is_absolute() and os.access(own, os.W_OK) else _shared()
    return _private(parent / f"outcry-{os.geteuid()}-{digest}")


def _shared() -> Path:
    """Return the system's folder for temporary files, by a short name if it has one."""
    short = Path("/tmp")  # noqa: S108 - what we make in it is checked to be ours and closed
    return short if os.access(short, os.W_OK) else Path(tempfile.gettempdir())


def _private(folder: Path) -> Path:
    """Make *folder* for us alone; raises `EmbeddedError` if somebody else made it, or may enter."""
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
    except FileExistsError as error:
        raise EmbeddedError(f"{folder} is in the way: it is not a folder") from error
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid():
        raise EmbeddedError(f"{folder} is in the way: it is not a folder of ours")
    if status.st_mode & 0o077:
        raise EmbeddedError(f"{folder} lets others in; chmod it to 0700 or remove it")
    return folder
