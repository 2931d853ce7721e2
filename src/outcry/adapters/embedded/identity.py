"""As whom PostgreSQL runs, which refuses to run as root."""

import os
import pwd
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import NamedTuple


GUARD = Path(__file__).with_name("guard.py")


class Identity(NamedTuple):
    """Who a server is: inside, as the guard's argument, and outside, as the owner of its files."""

    argument: str
    owner_uid: int
    owner_gid: int


def ourselves() -> Identity:
    """Return the identity of this process."""
    return Identity("same", os.geteuid(), os.getegid())


def not_root() -> Identity:
    """Return ourselves; for root, an identity that a server which refuses root accepts."""
    if os.geteuid() != 0:
        return ourselves()
    uid, gid = _stand_in()
    argument = f"namespace:{uid}:{gid}"
    if may_enter(argument):
        return Identity(argument, os.geteuid(), os.getegid())
    return Identity(f"dropped:{uid}:{gid}", uid, gid)


def guarded(command: list[str], identity: Identity, death_signal: int) -> list[str]:
    """Return *command* behind the guard; the process that runs it must be our child."""
    arguments = [str(os.getpid()), str(death_signal), identity.argument]
    return [sys.executable, "-I", "-S", str(GUARD), *arguments, *command]


@cache
def may_enter(argument: str) -> bool:
    """Whether the guard can take the identity *argument* on this machine."""
    nothing = [sys.executable, "-I", "-S", "-c", ""]
    probe = guarded(nothing, Identity(argument, 0, 0), 9)
    return subprocess.run(probe, capture_output=True, check=False).returncode == 0


def _stand_in() -> tuple[int, int]:
    """Return a user that has a name, which initdb wants to know, and is not root."""
    users = [(user.pw_uid, user.pw_gid) for user in pwd.getpwall() if user.pw_uid != 0]
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        return users[0] if users else (65534, 65534)
    return nobody.pw_uid, nobody.pw_gid
