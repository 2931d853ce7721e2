"""Signed orders of `/api`: what an EIP-712 order says, in the words of an unsigned one. Pure.

The signature decides: side, token and both amounts are what was signed, and price and quantity
follow from them. The order's digest is its client order id, so the same order counts once.
"""

from functools import lru_cache
from typing import Annotated, Final, NamedTuple

from msgspec import UNSET, Meta, UnsetType, field, json

from outcry.domain.rejects import Reject, Rejected
from outcry.domain.signed_order import SIGNATURE_BYTES_MAX, SignedOrder
from outcry.domain.units import (
    MICROS_PER_SECOND,
    TIME_US_MAX,
    format_money,
    format_price,
    format_quantity,
)
from outcry.ports.projection import MarketRow
from outcry.runtime.forms import Id
from outcry.services.api import signatures
from outcry.services.api.clob.profiles import EVERY_KIND, PROXIES, SAFES, Profile
from outcry.services.api.forms import Account, Body, PlaceBody
from outcry.services.api.signed_amounts import (
    TOLERANCE,
    Amounts,
    Grid,
    Signed,
    limit_amounts,
    market_amounts,
)


SIDES: Final = {"buy": 0, "sell": 1}
NOBODY: Final = "0x" + "0" * 40
_NO_WORD: Final = "0x" + "0" * 64
#: Signing configurations that are remembered: there is one.
_PROFILES_COUNT_MAX: Final = 16

Uint = Annotated[str, Meta(pattern=r"^[0-9]{1,78}$", description="A whole number as text.")]
Address = Annotated[str, Meta(pattern=r"^0x[0-9a-fA-F]{40}$")]
Word = Annotated[str, Meta(pattern=r"^0x[0-9a-fA-F]{64}$")]
Signature = Annotated[
    str,
    Meta(
        pattern=r"^0x([0-9a-fA-F]{2})+$",
        min_length=2 + 2 * 65,
        max_length=2 + 2 * SIGNATURE_BYTES_MAX,
    ),
]


class SignedBody(Body, kw_only=True, frozen=True):
    """An order with a signature; one with a ``timestamp`` is of the second generation.

    ``price`` is what the client believes to have signed: another one is refused.
    """

    event_id: Id
    market_id: Id
    token_id: Annotated[Uint, Meta(description="The outcome's token.")] = field(name="tokenId")
    side: Annotated[str, Meta(extra_json_schema={"enum": ["buy", "sell"]})]
    order_type: Annotated[str, Meta(extra_json_schema={"enum": ["limit", "market"]})]
    price: str = ""
    salt: Annotated[int, Meta(ge=0)] | Uint
    maker: Address
    signer: Address
    taker: Address = NOBODY
    maker_amount: Uint = field(name="makerAmount")
    taker_amount: Uint = field(name="takerAmount")
    expiration: Uint = "0"
    nonce: Uint = "0"
    fee_rate_bps: Uint = field(default="0", name="feeRateBps")
    timestamp: Uint | UnsetType = UNSET
    metadata: Word = _NO_WORD
    builder: Word = _NO_WORD
    signature_type: Annotated[
        int, Meta(ge=0, le=3, description="0 own key, 1 proxy, 2 safe, 3 contract (ERC-1271).")
    ] = field(default=signatures.OWN_KEY, name="signatureType")
    signature: Signature
    time_in_force: str = ""
    post_only: bool = False
    self_trade_prevention: str = "cancel_taker"
    account: Account = 0
    wait: str = ""


SIGNED_BODY: Final = json.Decoder(SignedBody)


class Signing(NamedTuple):
    """What clients sign for."""

    name: str
    chain_id: int
    #: ``0x`` and 40 hexadecimal digits.
    contract: str
    #: Decimals of the amounts.
    decimals: int
    #: Signature types that are taken.
    kinds: tuple[int, ...] = EVERY_KIND
    #: The contract of the first generation, where it is another one; "": the same.
    contract_v1: str = ""
    #: Whether contracts settle from the escrow of the maker, the user's address or a wallet that
    #: has named it; they know no tolerance of amounts.
    escrow: bool = False


def unsigned(
    form: SignedBody, signing: Signing, market: MarketRow, address: str, now: int
) -> tuple[PlaceBody, SignedOrder] | Rejected:
    """Return what *form* says and as what it was signed, if by *address*, the user's own.

    Whether its maker pays for it is another question.
    *now* is in seconds since 1970.
    """
    problem = _problem(form, address)
    if problem:
        return problem
    terms = terms_of(form)
    digest = signatures.verify(terms, profile_of(signing), _bytes(address), now)
    if isinstance(digest, Rejected):
        return digest
    amounts = _amounts(form, terms, signing, market)
    if isinstance(amounts, Rejected):
        return amounts
    body = PlaceBody(
        event_id=form.event_id,
        market_id=form.market_id,
        side=form.side,
        order_type=form.order_type,
        token_id=form.token_id,
        price=format_price(amounts.price),
        quantity=format_quantity(amounts.qty) if amounts.qty else "",
        volume=format_money(amounts.budget) if amounts.budget else "",
        time_in_force=form.time_in_force,
        post_only=form.post_only,
        client_order_id=digest.hex(),
        self_trade_prevention=form.self_trade_prevention,
        expiration=int(form.expiration),
        account=form.account,
        wait=form.wait,
    )
    return body, signatures.signed_order(terms)


def digest_of(form: SignedBody, signing: Signing) -> bytes | None:
    """Return what was signed; None when a number is too large to be signed at all."""
    return signatures.digest_of(terms_of(form), profile_of(signing))


def terms_of(form: SignedBody) -> signatures.Terms:
    """Return a form's order as it was signed."""
    first = form.timestamp is UNSET
    return signatures.Terms(
        version="1" if first else "2",
        salt=int(form.salt),
        maker=_bytes(form.maker),
        signer=_bytes(form.signer),
        token_id=int(form.token_id),
        maker_amount=int(form.maker_amount),
        taker_amount=int(form.taker_amount),
        side=SIDES[form.side],
        signature_type=form.signature_type,
        signature=_bytes(form.signature),
        taker=_bytes(form.taker),
        expiration=int(form.expiration),
        nonce=int(form.nonce),
        fee_rate_bps=int(form.fee_rate_bps),
        timestamp=0 if form.timestamp is UNSET else int(form.timestamp),
        metadata=_bytes(form.metadata),
        builder=_bytes(form.builder),
    )


@lru_cache(_PROFILES_COUNT_MAX)
def profile_of(signing: Signing) -> Profile:
    """Return what signatures are compared with."""
    exchanges = {
        "1": _bytes(signing.contract_v1 or signing.contract),
        "2": _bytes(signing.contract),
    }
    return Profile(
        signing.chain_id,
        exchanges,
        PROXIES,
        SAFES,
        name=signing.name,
        kinds=signing.kinds,
        named=signing.escrow,
    )


def _problem(form: SignedBody, address: str) -> Rejected | None:
    """Return what is wrong with *form* before anything is computed."""
    if not address:
        return Rejected(Reject.ADDRESS_MISSING)
    if form.side not in SIDES:
        return Rejected(Reject.SIDE_INVALID, form.side[:80])
    if int(form.expiration) * MICROS_PER_SECOND > TIME_US_MAX:
        wanted = "expiration: seconds, at most the end of the year 9999"
        return Rejected(Reject.FIELD_INVALID, form.expiration, wanted)
    return None


def _amounts(
    form: SignedBody, terms: signatures.Terms, signing: Signing, market: MarketRow
) -> Amounts | Rejected:  # fmt: skip
    """Return price, quantity and money, one of the last two being 0."""
    buying = form.side == "buy"
    given, taken = terms.maker_amount, terms.taker_amount
    shares, money = (taken, given) if buying else (given, taken)
    tolerance = 0 if signing.escrow else TOLERANCE
    signed = Signed(buying, shares, money, signing.decimals, tolerance)
    grid = Grid(market.tick, market.price_min, market.price_max)
    if form.order_type == "market":
        return market_amounts(signed, grid)
    amounts = limit_amounts(signed, grid)
    if isinstance(amounts, Rejected):
        return amounts
    price = format_price(amounts.price)
    if form.price and form.price.rstrip("0") != price.rstrip("0"):
        return Rejected(Reject.SIGNATURE_INVALID, f"price {form.price[:40]}", f"{price}, as signed")
    return amounts


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text[2:])
