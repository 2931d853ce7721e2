"""What `outcry tail` and `outcry token` do, apart from reading their arguments."""

import re
import sys
import time
from pathlib import Path
from typing import Final

from outcry.app import credentials
from outcry.app.access import servers_of
from outcry.app.failures import UsageError
from outcry.app.tail import View, tail
from outcry.runtime.config import Config


UNIT_SECONDS: Final = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
LIFETIME_SECONDS_MAX: Final = 366 * 86_400


async def print_tail(config: Config, view: View) -> None:
    """Print what *view* wants to see, for as long as somebody reads it."""
    async with servers_of(config) as endpoints:
        try:
            async for line in tail(endpoints, view):
                sys.stdout.write(f"{line}\n")
                sys.stdout.flush()
        except BrokenPipeError:
            # Whoever read (`head`) has enough; nor can Python flush at its end.
            sys.stdout = None


def new_token(config: Config, user: str, *, admin: bool, ttl: str) -> str:
    """Return a token for *user*, good from now on for *ttl* (``12h``)."""
    lifetime = seconds_of(ttl)
    if not (Path(config.data_dir) / "secrets").is_dir():
        # A key made here and now would sign tokens that no exchange accepts.
        raise UsageError(f"there is no exchange in {config.data_dir}: `outcry up` makes one")
    return credentials.new_token(config, user, admin=admin, now=int(time.time()), lifetime=lifetime)


def seconds_of(text: str) -> int:
    """Return the seconds in ``90s``, ``15m``, ``12h`` or ``30d``; raises `UsageError`."""
    match = re.fullmatch(r"([1-9][0-9]{0,7})([smhd])", text, re.ASCII)
    seconds = int(match[1]) * UNIT_SECONDS[match[2]] if match else 0
    if not 0 < seconds <= LIFETIME_SECONDS_MAX:
        raise UsageError(
            f"--ttl: {text!r} is no time between 1s and 366d; write 90s, 15m, 12h, 30d"
        )
    return seconds
