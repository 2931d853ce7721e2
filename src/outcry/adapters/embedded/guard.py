"""Becomes a server that cannot outlive its parent. Run as a script, in an interpreter of its own.

``guard.py PARENT SIGNAL IDENTITY COMMAND...``: take the identity, ask the kernel for SIGNAL when
the parent's thread ends, make sure that it has not ended yet, then become COMMAND. A script between
parent and server, because none of this may be done in a fork of a process that has threads.

Identities: ``same``; ``namespace:UID:GID``: our own user, seen from inside as UID, which is how a
server that refuses root runs for root; ``dropped:UID:GID``: really UID, still passing the folders
that only root may enter, where user namespaces are forbidden. Both end where the server ends.

Systems without Linux's parent-death signal keep the guard as a process that watches for the parent.
"""

import os
import signal
import sys
import time
from types import FrameType


PR_SET_PDEATHSIG = 1
PR_SET_KEEPCAPS = 8
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_RAISE = 2
CLONE_NEWUSER = 0x1000_0000
CAP_DAC_OVERRIDE = 1
CAPABILITY_VERSION_3 = 0x2008_0522
WATCH_SECONDS = 0.1
FORWARDED = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT)


def main(arguments: list[str]) -> None:
    """Take the identity and become the server."""
    parent, number, identity, *command = arguments
    kind, *ids = identity.split(":")
    if kind == "namespace":
        enter_namespace(*map(int, ids))
    elif kind == "dropped":
        drop_to(*map(int, ids))
    if sys.platform != "linux":
        sys.exit(watch(int(parent), int(number), command))
    # Last: the kernel forgets the request when an identity changes.
    call("prctl", PR_SET_PDEATHSIG, int(number), 0, 0, 0)
    if os.getppid() != int(parent):
        sys.exit(0)
    os.execv(command[0], command)  # noqa: S606 - becoming it, without a shell, is the point


def call(function: str, *arguments: object) -> None:
    """Call *function* of the C library; raises OSError."""
    import ctypes  # noqa: PLC0415 - costs a third of this script's time and most identities skip it

    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, function)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{function}: {os.strerror(number)}")


def enter_namespace(uid: int, gid: int) -> None:
    """Be seen as *uid* and *gid* from inside, without being anybody else outside."""
    outer_uid, outer_gid = os.geteuid(), os.getegid()
    call("unshare", CLONE_NEWUSER)
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{uid} {outer_uid} 1"),
        ("gid_map", f"{gid} {outer_gid} 1"),
    ):
        with open(f"/proc/self/{name}", "w") as file:  # noqa: PTH123 - pathlib costs start time
            file.write(text)


def drop_to(uid: int, gid: int) -> None:
    """Become *uid* and *gid*, keeping of root's rights only that of passing closed folders."""
    import ctypes  # noqa: PLC0415 - as above

    call("prctl", PR_SET_KEEPCAPS, 1, 0, 0, 0)
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)
    mask = 1 << CAP_DAC_OVERRIDE
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    sets = (ctypes.c_uint32 * 6)(mask, mask, mask, 0, 0, 0)
    call("capset", header, sets)
    call("prctl", PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_OVERRIDE, 0, 0)


def watch(parent: int, number: int, command: list[str]) -> int:
    """Run *command* as a child until it ends; send it *number* once the parent is gone."""
    # They wait until there is somebody to pass them on to; the child must not inherit that.
    signal.pthread_sigmask(signal.SIG_BLOCK, FORWARDED)
    child = os.posix_spawn(command[0], command, os.environ, setsigmask=())

    def forward(received: int, _frame: FrameType | None) -> None:
        os.kill(child, received)

    for forwarded in FORWARDED:
        signal.signal(forwarded, forward)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, FORWARDED)
    orphaned = False
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code
        if os.getppid() != parent and not orphaned:
            orphaned = True
            os.kill(child, number)
        time.sleep(WATCH_SECONDS)


if __name__ == "__main__":
    main(sys.argv[1:])
