"""How clients of the CLOB surface sign logins and requests, as other libraries say it."""

import pytest
from tests.support.ethereum import Account, encode_typed_data

from outcry.runtime.clob_auth import ATTESTATION, is_signed, login_digest, request_signature
from outcry.runtime.eip712 import signer_of


KEY = "0x" + "46" * 32


@pytest.mark.parametrize("chain_id", [137, 80_002, 31_337])
@pytest.mark.parametrize("nonce", [0, 7, 2**256 - 1])
def test_a_login_is_what_wallets_sign(chain_id: int, nonce: int) -> None:
    """The digest is that of the typed data as eth-account encodes it: the signer is recovered."""
    address, timestamp = Account.from_key(KEY).address, "1700000000"
    fields = {"address": "address", "timestamp": "string", "nonce": "uint256", "message": "string"}
    message = encode_typed_data(
        {"name": "ClobAuthDomain", "version": "1", "chainId": chain_id},
        {"ClobAuth": [{"name": name, "type": kind} for name, kind in fields.items()]},
        {"address": address, "timestamp": timestamp, "nonce": nonce, "message": ATTESTATION},
    )
    signature = bytes(Account.sign_message(message, KEY).signature)
    owner = bytes.fromhex(address[2:])
    assert signer_of(login_digest(chain_id, owner, timestamp, nonce), signature) == owner
    assert signer_of(login_digest(chain_id + 1, owner, timestamp, nonce), signature) != owner


def test_a_request_is_signed_as_official_clients_sign_it() -> None:
    """The signature is the same as that of the package, for a body and for none."""
    hmac = pytest.importorskip("py_clob_client_v2.signing.hmac")
    secret = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
    for body in ("", '{"orderID":"0x1"}'):
        theirs = hmac.build_hmac_signature(secret, "1700000000", "DELETE", "/order", body or None)
        ours = request_signature(secret, "1700000000", "DELETE", "/order", body.encode())
        assert ours == theirs


def test_single_quotes_may_be_signed_as_double_ones() -> None:
    """Clients of Python sign another text than they send where a body has a single quote."""
    secret, place = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", ("1", "POST", "/order")
    odd = request_signature(secret, *place, b'{"a":"it"s"}')
    assert is_signed(odd, secret, *place, b'{"a":"it\'s"}')
    assert not is_signed(odd, secret, *place, b'{"a":"its"}')
