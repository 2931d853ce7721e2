"""Who may log on, and as whom."""

import hmac
from dataclasses import dataclass

from outcry_wire.rejects import Reject
from outcry_wire.tcp import LOGON, VERSION, LogonFlag, proof_of, text_of


#: Accounts are below this, as everywhere.
ACCOUNT_LIMIT = 1 << 62
_FLAGS = int(LogonFlag.CANCEL_ON_DISCONNECT | LogonFlag.DROP_COPY)


@dataclass(frozen=True, slots=True)
class Key:
    """A name that may log on: its secret, its account and its self-trade group."""

    name: str
    secret: bytes
    account: int
    group: int
    may_copy: bool = False


@dataclass(frozen=True, slots=True)
class Grant:
    """Somebody who has logged on."""

    account: int
    group: int
    session: int
    flags: LogonFlag
    heartbeat_ms: int
    next_number: int


class Logons:
    """Judges logons: by the secrets of keys or, without keys, by nothing."""

    def __init__(self, keys: dict[str, Key] | None) -> None:
        """Let the holders of *keys* in; None lets everybody in, with any account."""
        self._keys = keys

    def judge(self, record: bytes, nonce: bytes) -> Grant | Reject:
        """Return what a LOGON is granted, or why it is refused."""
        fields = LOGON.unpack(record)
        account, version, flags, session, beat = fields[6:11]
        number, name, proof = fields[11:]
        if version != VERSION:
            return Reject.VERSION_UNSUPPORTED
        if flags & ~_FLAGS:
            return Reject.FIELD_INVALID
        group = account
        if self._keys is not None:
            key = self._keys.get(text_of(name))
            wanted = proof_of(key.secret if key else bytes(32), nonce, record)
            if not hmac.compare_digest(wanted, proof) or key is None:
                return Reject.KEY_INVALID
            if account not in {0, key.account}:
                return Reject.NOT_OWNER
            if flags & LogonFlag.DROP_COPY and not key.may_copy:
                return Reject.SCOPE_MISSING
            account, group = key.account, key.group
        if not 0 < account < ACCOUNT_LIMIT:
            return Reject.ACCOUNT_UNKNOWN
        return Grant(account, group, session, LogonFlag(flags), beat, max(number, 0))
