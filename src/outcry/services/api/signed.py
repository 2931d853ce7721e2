"""Signed orders: what an EIP-712 order says, in the words of an unsigned one. Pure.

The signature decides: side, token and both amounts are what was signed, and price and quantity
follow from them. The order's digest is its client order id, so the same order counts once.
"""

from typing import Annotated, Final, NamedTuple

from msgspec import UNSET, Meta, UnsetType, field, json

from outcry.domain.rejects import Reject, Rejected
from outcry.domain.units import (
    MICROS_PER_SECOND,
    MONEY_DECIMALS,
    QUANTITY_DECIMALS,
    TICKS_PER_UNIT,
    TIME_US_MAX,
    format_money,
    format_price,
    format_quantity,
)
from outcry.ports.projection import MarketRow
from outcry.runtime.eip712 import Domain, order_digest, separator, signer_of
from outcry.runtime.forms import Id
from outcry.services.api.forms import Account, Body, PlaceBody


#: How far the time in an order of the second generation may be from ours.
TIMESTAMP_SECONDS_MAX: Final = 86_400
#: Only a signature of the user's own key counts; wallets that are contracts are not asked.
OWN_KEY: Final = 0
SIDES: Final = {"buy": 0, "sell": 1}
NOBODY: Final = "0x" + "0" * 40
_NO_WORD: Final = "0x" + "0" * 64
_UINT_LIMIT: Final = 2**256

Uint = Annotated[str, Meta(pattern=r"^[0-9]{1,78}$", description="A whole number as text.")]
Address = Annotated[str, Meta(pattern=r"^0x[0-9a-fA-F]{40}$")]
Word = Annotated[str, Meta(pattern=r"^0x[0-9a-fA-F]{64}$")]


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
    signature_type: Annotated[int, Meta(ge=0, le=3)] = field(default=OWN_KEY, name="signatureType")
    signature: Annotated[str, Meta(pattern=r"^0x[0-9a-fA-F]{130}$")]
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

    def separator(self, version: str) -> bytes:
        """Return the domain separator of a generation of orders."""
        return separator(Domain(self.name, version, self.chain_id, _bytes(self.contract)))


def unsigned(
    form: SignedBody, signing: Signing, market: MarketRow, address: str, now: int
) -> PlaceBody | Rejected:
    """Return what *form* says, if it is signed by *address*, the user's own.

    *now* is in seconds since 1970.
    """
    problem = _problem(form, address, now)
    if problem:
        return problem
    digest = digest_of(form, signing)
    if digest is None or signer_of(digest, _bytes(form.signature)) != _bytes(form.signer):
        wanted = f"a signature of {form.signer} for chain {signing.chain_id}, {signing.contract}"
        return Rejected(Reject.SIGNATURE_INVALID, "somebody else's, or of something else", wanted)
    amounts = _amounts(form, signing, market.tick)
    if isinstance(amounts, Rejected):
        return amounts
    price, quantity, volume = amounts
    return PlaceBody(
        event_id=form.event_id,
        market_id=form.market_id,
        side=form.side,
        order_type=form.order_type,
        token_id=form.token_id,
        price=price,
        quantity=quantity,
        volume=volume,
        time_in_force=form.time_in_force,
        post_only=form.post_only,
        client_order_id=digest.hex(),
        self_trade_prevention=form.self_trade_prevention,
        expiration=int(form.expiration),
        account=form.account,
        wait=form.wait,
    )


def digest_of(form: SignedBody, signing: Signing) -> bytes | None:
    """Return what was signed; None when a number is too large to be signed at all."""
    head: list[int | bytes] = [int(form.salt), _bytes(form.maker), _bytes(form.signer)]
    body = [int(form.token_id), int(form.maker_amount), int(form.taker_amount)]
    side = SIDES[form.side]
    if form.timestamp is UNSET:
        version = "1"
        tail = [int(form.expiration), int(form.nonce), int(form.fee_rate_bps)]
        values = [*head, _bytes(form.taker), *body, *tail, side, form.signature_type]
    else:
        version = "2"
        words = [_bytes(form.metadata), _bytes(form.builder)]
        values = [*head, *body, side, form.signature_type, int(form.timestamp), *words]
    if any(isinstance(value, int) and value >= _UINT_LIMIT for value in values):
        return None
    return order_digest(signing.separator(version), version, tuple(values))


def _problem(form: SignedBody, address: str, now: int) -> Rejected | None:
    """Return what is wrong with *form* before anything is computed."""
    if not address:
        return Rejected(Reject.ADDRESS_MISSING)
    if form.side not in SIDES:
        return Rejected(Reject.SIDE_INVALID, form.side[:80])
    if form.signature_type != OWN_KEY:
        got = f"signatureType {form.signature_type}"
        return Rejected(Reject.SIGNATURE_INVALID, got, f"{OWN_KEY}: the user's own key")
    if int(form.expiration) * MICROS_PER_SECOND > TIME_US_MAX:
        wanted = "expiration: seconds, at most the end of the year 9999"
        return Rejected(Reject.FIELD_INVALID, form.expiration, wanted)
    for name, value in (("maker", form.maker), ("signer", form.signer)):
        if value.lower() != address.lower():
            return Rejected(Reject.SIGNATURE_INVALID, f"{name} {value}", address)
    if int(form.taker, 16):
        return Rejected(Reject.SIGNATURE_INVALID, f"taker {form.taker}", f"{NOBODY}: anybody")
    if form.timestamp is not UNSET:
        signed_at = int(form.timestamp) // 1_000
        if abs(signed_at - now) > TIMESTAMP_SECONDS_MAX:
            wanted = f"within {TIMESTAMP_SECONDS_MAX} s of {now * 1_000}"
            return Rejected(Reject.SIGNATURE_INVALID, f"timestamp {form.timestamp}", wanted)
    return None


def _amounts(form: SignedBody, signing: Signing, tick: int) -> tuple[str, str, str] | Rejected:
    """Return price, quantity and volume as text, of which one of the last two is ""."""
    maker, taker = int(form.maker_amount), int(form.taker_amount)
    buying = form.side == "buy"
    shares, money = (taker, maker) if buying else (maker, taker)
    if not shares or not money:
        return _off("makerAmount and takerAmount: above 0")
    lots = _exact(shares, signing.decimals - QUANTITY_DECIMALS)
    micros = _exact(money, signing.decimals - MONEY_DECIMALS)
    if form.order_type == "market":
        ticks = money * TICKS_PER_UNIT // shares // tick * tick
        if not buying:
            ticks = -(-money * TICKS_PER_UNIT // (shares * tick)) * tick
        bound = format_price(min(ticks, TICKS_PER_UNIT - tick))
        if buying:
            return _off("micros") if micros is None else (bound, "", format_money(micros))
        return _off("hundredths of a share") if lots is None else (bound, format_quantity(lots), "")
    if lots is None or micros is None or micros % lots:
        return _off("price times quantity: exact, a price of four decimals, a quantity of two")
    price = format_price(micros // lots)
    if form.price and form.price.rstrip("0") != price.rstrip("0"):
        return Rejected(Reject.SIGNATURE_INVALID, f"price {form.price[:40]}", f"{price}, as signed")
    return price, format_quantity(lots), ""


def _exact(amount: int, dropped: int) -> int | None:
    """Return *amount* without its last *dropped* digits; None when they are not 0."""
    whole, rest = divmod(amount, 10**dropped)
    return None if rest else whole


def _off(expected: str) -> Rejected:
    return Rejected(Reject.AMOUNT_INVALID, "the signed amounts", expected)


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text[2:])
