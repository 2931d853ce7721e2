"""Logins: an address signs that it is there, for a chain, a time and a number. Pure."""

from typing import Final, NamedTuple

from outcry.domain.ledger.people import address_key
from outcry.domain.rejects import Reject, Rejected
from outcry.runtime.clob_auth import login_digest
from outcry.runtime.eip712 import signer_of
from outcry.services.api.clob.profiles import SANDBOX_CHAINS


#: Digits of the largest nonce, and of a time in seconds.
NONCE_LENGTH_MAX: Final = 78
TIME_LENGTH_MAX: Final = 12
SIGNATURE_LENGTH: Final = 132
_UINT_LIMIT: Final = 1 << 256


class Said(NamedTuple):
    """What a login says, as it came."""

    address: str
    timestamp: str
    nonce: str
    signature: str


class Login(NamedTuple):
    """An address that proved to be there."""

    address: str
    nonce: int


class LoginTerms(NamedTuple):
    """What a login has to be for."""

    chain_id: int
    skew_seconds_max: int


def verify_login(said: Said, terms: LoginTerms, now: float) -> Login | Rejected:
    """Return the address that logs in at *now*, in seconds since 1970."""
    address = address_key(said.address)
    if not (address and said.timestamp and said.signature):
        wanted = "an address (0x and 40 digits), a timestamp and a signature"
        return Rejected(Reject.CREDENTIALS_MISSING, expected=wanted)
    late = stale(said.timestamp, terms.skew_seconds_max, now)
    if late:
        return late
    if not is_number(said.nonce, NONCE_LENGTH_MAX) or int(said.nonce) >= _UINT_LIMIT:
        return Rejected(Reject.ORDER_NONCE_INVALID, said.nonce[:80], "a whole number")
    nonce, signed = int(said.nonce), _bytes(said.signature)
    owner = bytes.fromhex(address[2:])
    if signer_of(login_digest(terms.chain_id, owner, said.timestamp, nonce), signed) == owner:
        return Login(address, nonce)
    wanted = f"a signature of {address} for chain {terms.chain_id} and nonce {nonce}"
    for chain_id in SANDBOX_CHAINS:
        if signer_of(login_digest(chain_id, owner, said.timestamp, nonce), signed) == owner:
            return Rejected(Reject.LOGIN_INVALID, f"one for chain {chain_id}", wanted)
    return Rejected(Reject.LOGIN_INVALID, "another signature", wanted)


def stale(timestamp: str, skew_seconds_max: int, now: float) -> Rejected | None:
    """Return what is wrong with the time of a signature."""
    if not is_number(timestamp, TIME_LENGTH_MAX):
        return Rejected(Reject.REQUEST_STALE, timestamp[:80], "seconds since 1970")
    if abs(int(timestamp) - now) <= skew_seconds_max:
        return None
    wanted = f"within {skew_seconds_max} s of the exchange's clock"
    return Rejected(Reject.REQUEST_STALE, timestamp, wanted)


def is_number(text: str, length_max: int) -> bool:
    """Return whether *text* is a whole number of at most so many digits."""
    return text.isascii() and text.isdigit() and len(text) <= length_max


def _bytes(signature: str) -> bytes:
    """Return the bytes of a signature, none when it is not written as one."""
    if len(signature) != SIGNATURE_LENGTH or not signature.startswith("0x"):
        return b""
    try:
        return bytes.fromhex(signature[2:])
    except ValueError:
        return b""
