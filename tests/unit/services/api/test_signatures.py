"""Signatures of every generation and kind of wallet, made by official clients."""

import time
from dataclasses import asdict
from typing import Any

import pytest
from py_clob_client_v2.clob_types import CreateOrderOptions, OrderArgsV1, OrderArgsV2
from py_clob_client_v2.order_builder.builder import OrderBuilder
from py_clob_client_v2.order_utils import SignatureTypeV2
from py_clob_client_v2.signer import Signer
from tests.support.ethereum import Account

from outcry.domain.rejects import Reject, Rejected
from outcry.services.api import signatures
from outcry.services.api.clob.profiles import PROXIES, SAFES, Profile, own, sandbox
from outcry.services.api.signatures import Terms, signed_order, verify, wallet_of


KEY = "0x" + "46" * 32
OWNER = bytes.fromhex(Account.from_key(KEY).address[2:])
#: The first account of every development chain, whose wallets official SDKs pin in their tests.
FIRST = bytes.fromhex("f39Fd6e51aad88F6F4ce6aB8827279cffFb92266")
WALLET = bytes.fromhex("ab" * 20)
NOW = int(time.time())


def made(
    version: int, kind: int, maker: bytes, chain_id: int = 80_002, *, neg_risk: bool = False
) -> Terms:
    """Return an order that an official client has built and signed."""
    builder = OrderBuilder(Signer(KEY, chain_id), SignatureTypeV2(kind), "0x" + maker.hex())
    args = (OrderArgsV1 if version == 1 else OrderArgsV2)(
        token_id="1234567890123456789012345678901234567890", price=0.5, size=10.5, side="BUY"
    )
    options = CreateOrderOptions(tick_size="0.01", neg_risk=neg_risk)
    order = builder.build_order(args, options, version=version, fee_rate_bps=0)
    return terms(version, asdict(order))


def terms(version: int, order: dict[str, Any]) -> Terms:
    """Return what was built in our words."""
    more: dict[str, Any] = (
        {"taker": _bytes(order["taker"]), "nonce": int(order["nonce"])}
        if version == 1
        else {"timestamp": int(order["timestamp"])}
    )
    return Terms(
        version=str(version),
        salt=int(order["salt"]),
        maker=_bytes(order["maker"]),
        signer=_bytes(order["signer"]),
        token_id=int(order["tokenId"]),
        maker_amount=int(order["makerAmount"]),
        taker_amount=int(order["takerAmount"]),
        side=int(order["side"]),
        signature_type=int(order["signatureType"]),
        signature=_bytes(order["signature"]),
        **more,
    )


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


MAKERS = {
    0: OWNER,
    1: wallet_of(OWNER, 1, PROXIES),
    2: wallet_of(OWNER, 2, SAFES),
    3: WALLET,
}


@pytest.mark.parametrize("chain_id", [80_002, 137])
@pytest.mark.parametrize(
    ("version", "kind"), [(1, 0), (1, 1), (1, 2), (2, 0), (2, 1), (2, 2), (2, 3)]
)
def test_what_official_clients_sign_is_verified(version: int, kind: int, chain_id: int) -> None:
    """Every generation and kind of wallet, and nothing of it may be changed afterwards."""
    order, profile = made(version, kind, MAKERS[kind], chain_id), sandbox(chain_id)
    digest = verify(order, profile, OWNER, NOW)
    assert isinstance(digest, bytes), digest
    assert digest == signatures.digest_of(order, profile)
    changes: tuple[dict[str, Any], ...] = (
        {"salt": 1}, {"token_id": 5}, {"maker_amount": 1}, {"taker_amount": 1}, {"side": 1},
        {"metadata": b"\1" * 32} if version == 2 else {"fee_rate_bps": 1},
        {"builder": b"\1" * 32} if version == 2 else {"expiration": 1},
    )  # fmt: skip
    for change in changes:
        changed = verify(order._replace(**change), profile, OWNER, NOW)
        assert isinstance(changed, Rejected), change
        assert changed.reject is Reject.SIGNATURE_INVALID


def test_wallets_are_where_their_factories_put_them() -> None:
    """Vectors of official packages: who has these keys has these wallets."""
    assert wallet_of(FIRST, 1, PROXIES).hex() == "365f0ca36ae1f641e02fe3b7743673da42a13a70"
    assert wallet_of(FIRST, 2, SAFES).hex() == "d93b25cb943d14d0d34fbaf01fc93a0f8b5f6e47"
    owner = bytes.fromhex("6e0c80c90ea6c15917308F820Eac91Ce2724B5b5")
    assert wallet_of(owner, 2, SAFES).hex() == "6d8c4e9adf5748af82dabe2c6225207770d6b4fa"


def refused(order: Terms, profile: Profile | None = None, owner: bytes = OWNER) -> Rejected:
    """Return why an order is not taken."""
    found = verify(order, profile or sandbox(), owner, NOW)
    assert isinstance(found, Rejected)
    return found


def test_a_refusal_says_what_was_signed_instead() -> None:
    """Another chain and the neg-risk exchange are recognised: the usual mistakes have a name."""
    assert refused(made(2, 0, OWNER, 137)).got == "one for chain 137"
    assert refused(made(1, 0, OWNER, 137)).got == "one for chain 137"
    other = refused(made(2, 0, OWNER, neg_risk=True))
    assert other.got == "one for the neg-risk exchange of chain 80002"
    nobody = refused(made(2, 0, OWNER)._replace(signature=b"\1" * 65))
    assert nobody.expected.startswith(f"a signature of 0x{OWNER.hex()} for chain 80002, 0xe11118")


def test_who_is_named_has_to_fit_the_kind_of_wallet() -> None:
    """Signer, maker and taker follow from who asks; only a contract's wallet is free."""
    order = made(2, 0, OWNER)
    assert refused(order, owner=FIRST).got.startswith("signer")
    assert refused(order._replace(maker=WALLET)).got.startswith("maker")
    assert refused(made(2, 1, WALLET)).expected.endswith("for signatureType 1")
    assert refused(made(2, 3, WALLET)._replace(signer=OWNER)).got.startswith("signer")
    assert refused(made(2, 3, WALLET), owner=FIRST).got.startswith("somebody")
    assert refused(made(1, 0, OWNER)._replace(signature_type=3)).expected == "0, 1 or 2"
    assert refused(made(1, 0, OWNER)._replace(taker=WALLET)).got.startswith("taker")
    assert refused(made(1, 0, OWNER)._replace(nonce=1)).reject is Reject.ORDER_NONCE_INVALID


def test_a_wallets_blob_is_about_its_order() -> None:
    """The nested signature names the domain, the order and its type; none of it may be cut."""
    order = made(2, 3, WALLET)
    assert len(order.signature) == 317
    for signature in (
        order.signature[:65], order.signature[:-1], order.signature + b"\0",
        order.signature[:65] + b"\1" + order.signature[66:],
    ):  # fmt: skip
        assert refused(order._replace(signature=signature)).reject is Reject.SIGNATURE_INVALID


def test_of_two_signatures_that_say_the_same_one_counts() -> None:
    """The one with the higher s is refused here, as contracts refuse it."""
    order = made(2, 0, OWNER)
    curve = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
    s = curve - int.from_bytes(order.signature[32:64])
    other = order.signature[:32] + s.to_bytes(32) + bytes([55 - order.signature[64]])
    assert refused(order._replace(signature=other)).reject is Reject.SIGNATURE_INVALID


def test_old_orders_and_other_generations_are_refused() -> None:
    """A time a day away, and a generation that has no contract here."""
    order = made(2, 0, OWNER)
    assert refused(order._replace(timestamp=1)).got == "timestamp 1"
    ahead = order.timestamp + 2 * 3_600_000
    assert refused(order._replace(timestamp=ahead)).got == f"timestamp {ahead}"
    only_first = own(80_002, "0x" + "11" * 20, "")
    assert refused(order, only_first).reject is Reject.ORDER_VERSION
    assert refused(order._replace(salt=1 << 256)).got == "a number above 256 bits"
    assert refused(order._replace(maker_amount=1 << 63)).reject is Reject.AMOUNT_INVALID


@pytest.mark.parametrize(("version", "kind"), [(1, 0), (2, 3)])
def test_an_order_is_kept_as_it_was_signed(version: int, kind: int) -> None:
    """What goes into the log can be verified again, field by field."""
    order = made(version, kind, MAKERS[kind])
    kept = signed_order(order)
    assert int.from_bytes(kept.token_id) == order.token_id
    assert (kept.maker, kept.signer, kept.signature) == (order.maker, order.signer, order.signature)
    assert len(kept.extra) == (4 if version == 1 else 3)
    if kind == 0:
        # Some wallets count from 0 where contracts count from 27.
        other = order._replace(signature=order.signature[:64] + b"\1")
        assert signed_order(other).signature[-1] == 28
