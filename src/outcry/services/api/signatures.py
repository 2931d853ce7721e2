"""Signatures: whose order a signed one is, for every kind of wallet. Pure.

0 is an own key; 1 and 2 are a proxy and a safe, contracts whose addresses follow from the key's
(CREATE2, EIP-1014), or where contracts settle, any that have named the key there; 3 is any wallet
that is a contract (ERC-1271), whose owner signs the order nested into the wallet's own domain
(ERC-7739, ``TypedDataSign``). What such wallets say themselves only their chain knows; here the
owner's signature decides.
"""

from functools import lru_cache
from typing import Final, NamedTuple

from outcry.domain.rejects import Reject, Rejected
from outcry.domain.signed_order import SignedOrder
from outcry.runtime.eip712 import (
    FIELDS,
    SIGNATURE_BYTES,
    Domain,
    digest_within,
    keccak256,
    separator,
    signer_of,
    struct_hash,
)
from outcry.services.api.clob.profiles import SANDBOX_CHAINS, Profile, Wallets, sandbox


OWN_KEY, PROXY, SAFE, CONTRACT = 0, 1, 2, 3
NOBODY: Final = bytes(20)
NO_WORD: Final = bytes(32)
#: How far the time in an order of the second generation may be behind ours, and before it. Both
#: together are a day: as long as orders are remembered that ended, so none is taken twice.
TIMESTAMP_SECONDS_MAX: Final = 82_800
TIMESTAMP_AHEAD_SECONDS_MAX: Final = 3_600
#: Amounts are kept in 63 bits, whatever a signature has room for.
AMOUNT_LIMIT: Final = 1 << 63
#: Separators and wallets that are remembered.
CACHE_COUNT_MAX: Final = 10_000
_UINT_LIMIT: Final = 1 << 256
#: Half the order of secp256k1: of two signatures that say the same only the lower one counts.
_HALF_ORDER: Final = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0
_WORD: Final = 32


class Terms(NamedTuple):
    """A signed order as it was signed. Addresses have 20 bytes, words 32."""

    version: str
    salt: int
    maker: bytes
    signer: bytes
    token_id: int
    #: Atomic units of what the maker gives and takes.
    maker_amount: int
    taker_amount: int
    #: A `Side`.
    side: int
    signature_type: int
    signature: bytes
    #: Of the first generation.
    taker: bytes = NOBODY
    expiration: int = 0
    nonce: int = 0
    fee_rate_bps: int = 0
    #: Of the second generation; milliseconds.
    timestamp: int = 0
    metadata: bytes = NO_WORD
    builder: bytes = NO_WORD


def verify(terms: Terms, profile: Profile, owner: bytes, now: int) -> bytes | Rejected:
    """Return the digest of an order that *owner*, an address, has signed for *profile*.

    *now* is in seconds since 1970.
    """
    problem = _form_problem(terms, now) or _party_problem(terms, profile, owner)
    if problem:
        return problem
    contract = profile.exchanges.get(terms.version)
    if contract is None:
        taken = ", ".join(sorted(profile.exchanges))
        return Rejected(Reject.ORDER_VERSION, f"generation {terms.version}", f"one of {taken}")
    return _digest(terms, profile, contract, owner) or _explained(terms, profile, owner)


def digest_of(terms: Terms, profile: Profile) -> bytes | None:
    """Return what is signed of an order; None when a number is too large to be signed at all."""
    if _too_large(terms) or terms.version not in profile.exchanges:
        return None
    domain = _separator(profile, terms.version, profile.exchanges[terms.version])
    return digest_within(domain, struct_hash(terms.version, _values(terms)))


def signed_order(terms: Terms) -> SignedOrder:
    """Return a verified order as requests and the log carry it."""
    extra: tuple[bytes, ...]
    if terms.version == "1":
        numbers = (terms.expiration, terms.nonce, terms.fee_rate_bps)
        extra = (terms.taker, *(_short(number) for number in numbers))
    else:
        extra = (_short(terms.timestamp), terms.metadata, terms.builder)
    return SignedOrder(
        version=int(terms.version),
        salt=_short(terms.salt),
        maker=terms.maker,
        signer=terms.signer,
        token_id=_short(terms.token_id),
        maker_amount=terms.maker_amount,
        taker_amount=terms.taker_amount,
        side=terms.side,
        signature_type=terms.signature_type,
        extra=extra,
        signature=_normal(terms.signature),
    )


@lru_cache(CACHE_COUNT_MAX)
def wallet_of(owner: bytes, signature_type: int, profile: Wallets) -> bytes:
    """Return the address of the proxy or safe that a factory makes for *owner*."""
    # The factory of proxies hashes the address alone, that of safes the word it is in.
    said = owner if signature_type == PROXY else owner.rjust(_WORD, b"\0")
    made = b"\xff" + profile.factory + keccak256(said) + profile.init_code_hash
    return keccak256(made)[-len(NOBODY) :]


def _form_problem(terms: Terms, now: int) -> Rejected | None:
    """Return what is wrong with an order, whoever signed it."""
    if _too_large(terms):
        return Rejected(Reject.SIGNATURE_INVALID, "a number above 256 bits", "a smaller one")
    if terms.maker_amount >= AMOUNT_LIMIT or terms.taker_amount >= AMOUNT_LIMIT:
        return Rejected(Reject.AMOUNT_INVALID, "an amount above 63 bits", "a smaller one")
    if terms.taker != NOBODY:
        return _wrong(f"taker {_hex(terms.taker)}", f"{_hex(NOBODY)}: anybody")
    if terms.nonce:
        return Rejected(Reject.ORDER_NONCE_INVALID, str(terms.nonce)[:80], "0")
    if terms.version == "1" and terms.signature_type == CONTRACT:
        return _wrong("signatureType 3 in an order of the first generation", "0, 1 or 2")
    ahead = terms.timestamp // 1_000 - now
    if terms.version == "2" and not -TIMESTAMP_SECONDS_MAX < ahead < TIMESTAMP_AHEAD_SECONDS_MAX:
        wanted = f"at most {TIMESTAMP_SECONDS_MAX} s before {now * 1_000} or an hour after"
        return _wrong(f"timestamp {str(terms.timestamp)[:40]}", wanted)
    return None


def _party_problem(terms: Terms, profile: Profile, owner: bytes) -> Rejected | None:
    """Return what is wrong with who is named as signer and maker."""
    kind = terms.signature_type
    if kind not in profile.kinds:
        *rest, last = profile.kinds
        return _wrong(f"signatureType {kind}", f"{', '.join(map(str, rest))} or {last}")
    if kind == CONTRACT:
        if terms.signer != terms.maker:
            return _wrong(f"signer {_hex(terms.signer)}", f"the maker, {_hex(terms.maker)}")
        return None
    if terms.signer != owner:
        return _wrong(f"signer {_hex(terms.signer)}", _hex(owner))
    if kind == OWN_KEY:
        maker = owner
    elif profile.named:
        return None
    else:
        factory = profile.proxies if kind == PROXY else profile.safes
        maker = wallet_of(owner, kind, factory)
    if terms.maker != maker:
        return _wrong(f"maker {_hex(terms.maker)}", f"{_hex(maker)} for signatureType {kind}")
    return None


def _digest(terms: Terms, profile: Profile, contract: bytes, owner: bytes) -> bytes | None:
    """Return the digest of the order for *contract*, if *owner* signed it; None otherwise."""
    domain = _separator(profile, terms.version, contract)
    contents = struct_hash(terms.version, _values(terms))
    digest = digest_within(domain, contents)
    if terms.signature_type == CONTRACT:
        signed = _nested(terms, profile.chain_id, domain, contents)
        signature = terms.signature[:SIGNATURE_BYTES]
    else:
        signed, signature = digest, terms.signature
    if signed is None or not _is_low(signature) or signer_of(signed, signature) != owner:
        return None
    return digest


def _nested(terms: Terms, chain_id: int, domain: bytes, contents: bytes) -> bytes | None:
    """Return what the owner of a wallet signs; None when the blob is not about this order."""
    tail = domain + contents + _ORDER_TYPE + len(_ORDER_TYPE).to_bytes(2, "big")
    if terms.signature[SIGNATURE_BYTES:] != tail:
        return None
    wallet = chain_id.to_bytes(_WORD, "big") + terms.maker.rjust(_WORD, b"\0") + NO_WORD
    return digest_within(domain, keccak256(_NESTED_TYPE + contents + _WALLET_NAME + wallet))


def _explained(terms: Terms, profile: Profile, owner: bytes) -> Rejected:
    """Say why a signature is not one, as far as that can be told."""
    here = _hex(profile.exchanges[terms.version])
    wanted = f"a signature of {_hex(owner)} for chain {profile.chain_id}, {here}"
    for chain_id in SANDBOX_CHAINS:
        other = sandbox(chain_id)
        if _digest(terms, other, other.exchanges[terms.version], owner):
            return _wrong(f"one for chain {chain_id}", wanted)
        if _digest(terms, other, other.neg_risk[terms.version], owner):
            return _wrong(f"one for the neg-risk exchange of chain {chain_id}", wanted)
    return _wrong("somebody else's, or of something else", wanted)


def _values(terms: Terms) -> tuple[int | bytes, ...]:
    head = (terms.salt, terms.maker, terms.signer)
    body = (terms.token_id, terms.maker_amount, terms.taker_amount)
    kind = (terms.side, terms.signature_type)
    if terms.version == "1":
        limits = (terms.expiration, terms.nonce, terms.fee_rate_bps)
        return (*head, terms.taker, *body, *limits, *kind)
    return (*head, *body, *kind, terms.timestamp, terms.metadata, terms.builder)


def _too_large(terms: Terms) -> bool:
    return any(isinstance(value, int) and value >= _UINT_LIMIT for value in terms)


@lru_cache(CACHE_COUNT_MAX)
def _separated(name: str, version: str, chain_id: int, contract: bytes) -> bytes:
    return separator(Domain(name, version, chain_id, contract))


def _separator(profile: Profile, version: str, contract: bytes) -> bytes:
    return _separated(profile.name, version, profile.chain_id, contract)


def _is_low(signature: bytes) -> bool:
    return int.from_bytes(signature[_WORD : 2 * _WORD], "big") <= _HALF_ORDER


def _normal(signature: bytes) -> bytes:
    """Return a signature of a key with the recovery number that contracts take: 27 or 28."""
    if len(signature) != SIGNATURE_BYTES or signature[-1] >= 27:  # noqa: PLR2004 - EIP-191
        return signature
    return signature[:-1] + bytes([signature[-1] + 27])


def _short(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def _hex(data: bytes) -> str:
    return f"0x{data.hex()}"


def _wrong(got: str, expected: str) -> Rejected:
    return Rejected(Reject.SIGNATURE_INVALID, got, expected)


_ORDER_TYPE: Final = f"Order({','.join(FIELDS['2'])})".encode()
_NESTED_TYPE: Final = keccak256(
    b"TypedDataSign(Order contents,string name,string version,uint256 chainId,"
    b"address verifyingContract,bytes32 salt)" + _ORDER_TYPE
)
_WALLET_NAME: Final = keccak256(b"DepositWallet") + keccak256(b"1")
