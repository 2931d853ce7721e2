"""Who takes part: names, and tokens that are renewed while a demo goes on."""

import time
from typing import Final

from outcry.app.credentials import new_token
from outcry.runtime.config import Config


OPERATOR: Final = "demo-operator"
TOKEN_HOURS: Final = 12
RENEW_SECONDS: Final = 6 * 3_600


class TokenSource:
    """Gives a token of one user that is good now. Signing costs too much to do for each request."""

    def __init__(self, config: Config, user: str, *, admin: bool) -> None:
        """Sign nothing yet."""
        self._config = config
        self._user = user
        self._admin = admin
        self._token = ""
        self._renew_at = 0.0

    def __call__(self) -> str:
        """Return the token."""
        now = time.monotonic()
        if not self._token or now >= self._renew_at:
            ttl = f"{TOKEN_HOURS}h"
            self._token = new_token(self._config, self._user, admin=self._admin, ttl=ttl)
            self._renew_at = now + RENEW_SECONDS
        return self._token


def maker_name(index: int) -> str:
    """Return the name of a bot that quotes, the first is 0."""
    return f"demo-maker-{index + 1}"


def taker_name(index: int) -> str:
    """Return the name of a bot that takes, the first is 0."""
    return f"demo-taker-{index + 1}"
