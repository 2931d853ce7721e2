"""How a session logs on."""

from dataclasses import dataclass

from outcry_wire import tcp


@dataclass(frozen=True, slots=True, kw_only=True)
class TcpLogon:
    """As whom to log on: an account and one of its sessions, with a key where one is asked for."""

    account: int
    session: int = 1
    key: str = ""
    secret: bytes = b""
    cancel_on_disconnect: bool = False
    drop_copy: bool = False
    heartbeat_ms: int = 0

    @staticmethod
    def of_api_key(api_key: str, account: int = 0, session: int = 1) -> "TcpLogon":
        """Return the logon of an API key of an exchange; account 0 is the first of its user."""
        name = "_".join(api_key.split("_")[:3])
        return TcpLogon(account=account, session=session, key=name, secret=api_key.encode())

    def record(self, nonce: bytes, next_number: int) -> bytes:
        """Return the LOGON that answers a HELLO."""
        flags = tcp.LogonFlag(0)
        if self.cancel_on_disconnect:
            flags |= tcp.LogonFlag.CANCEL_ON_DISCONNECT
        if self.drop_copy:
            flags |= tcp.LogonFlag.DROP_COPY
        head = (tcp.Message.LOGON, 0, tcp.LOGON.size, 0, 0, 0, self.account)
        name = tcp.fixed_text(self.key, tcp.NAME_SIZE)
        row = (tcp.VERSION, flags, self.session, self.heartbeat_ms, next_number, name)
        record = tcp.LOGON.pack(*head, *row, bytes(32))
        if self.secret:
            record = record[:-32] + tcp.proof_of(self.secret, nonce, record)
        return record
