"""Who asks: a token, something that makes fresh tokens, or an API key."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """Credentials of one user; the token counts when both are given."""

    token: str | Callable[[], str] = ""
    api_key: str = ""

    def fresh_token(self) -> str:
        """Return the token to show now, "" when there is none."""
        return self.token() if callable(self.token) else self.token

    def headers(self) -> dict[str, str]:
        """Return what an HTTP request shows."""
        if token := self.fresh_token():
            return {"authorization": f"Bearer {token}"}
        return {"x-api-key": self.api_key} if self.api_key else {}

    def login(self) -> dict[str, str]:
        """Return what the private feed is shown."""
        if token := self.fresh_token():
            return {"auth": token}
        return {"api_key": self.api_key}
