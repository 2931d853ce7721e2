"""What connections of both channels of the CLOB surface do alike."""

from typing import Final

from outcry.runtime.ws_session import CloseCode, Session


#: How clients of CLOBs ask for a sign of life, and what they get.
PING: Final = b"PING"
PONG: Final = b"PONG"


class ClobSession(Session):
    """A connection whose client asks with ``PING`` and is closed when it breaks a rule."""

    __slots__ = ()

    def received(self, message: bytes) -> None:
        """Answer ``PING``; pass on everything else."""
        if message == PING:
            self.wire.send(PONG)
        else:
            self.asked(message)

    def asked(self, message: bytes) -> None:
        """Act on one whole text message that is no ``PING``."""
        raise NotImplementedError

    def refuse(self, reason: str) -> None:
        """End the connection with a reason."""
        self.close(CloseCode.POLICY_VIOLATION, reason)
