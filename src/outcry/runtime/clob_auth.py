"""How clients of the CLOB surface show who they are: by an address, then by a key. Pure.

A login is an EIP-712 signature of the address over the time and a nonce (research notes, §1.2). A
request is an HMAC-SHA256 of time, method, path without its query, and body, as URL-safe base64.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256
from typing import Final

from outcry.runtime.eip712 import keccak256


#: What a login says, word for word.
ATTESTATION: Final = "This message attests that I control the given wallet"
_WORD: Final = 32
_DOMAIN_TYPE: Final = keccak256(b"EIP712Domain(string name,string version,uint256 chainId)")
_LOGIN_TYPE: Final = keccak256(
    b"ClobAuth(address address,string timestamp,uint256 nonce,string message)"
)
_DOMAIN_HEAD: Final = _DOMAIN_TYPE + keccak256(b"ClobAuthDomain") + keccak256(b"1")
_ATTESTED: Final = keccak256(ATTESTATION.encode())


def login_digest(chain_id: int, address: bytes, timestamp: str, nonce: int) -> bytes:
    """Return what *address* signs to log in; *nonce* is below 2**256."""
    domain = keccak256(_DOMAIN_HEAD + chain_id.to_bytes(_WORD, "big"))
    login = keccak256(
        _LOGIN_TYPE
        + address.rjust(_WORD, b"\0")
        + keccak256(timestamp.encode())
        + nonce.to_bytes(_WORD, "big")
        + _ATTESTED
    )
    return keccak256(b"\x19\x01" + domain + login)


def request_signature(secret: str, timestamp: str, method: str, path: str, body: bytes) -> str:
    """Return what a request must be signed with; *secret* is URL-safe base64."""
    key = urlsafe_b64decode(secret)
    said = f"{timestamp}{method}{path}".encode() + body
    return urlsafe_b64encode(hmac.digest(key, said, sha256)).decode()


def is_signed(
    given: str, secret: str, timestamp: str, method: str, path: str, body: bytes
) -> bool:  # fmt: skip
    """Return whether *given* signs the request with *secret*.

    Official clients of Python sign single quotes in a body as double ones, and send them as they
    are: that counts too.
    """
    wanted = request_signature(secret, timestamp, method, path, body)
    if hmac.compare_digest(given.encode(), wanted.encode()):
        return True
    if b"'" not in body:
        return False
    wanted = request_signature(secret, timestamp, method, path, body.replace(b"'", b'"'))
    return hmac.compare_digest(given.encode(), wanted.encode())
