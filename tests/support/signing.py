"""Orders in the form in which makers sign them; nobody checks these signatures."""

from msgspec.structs import replace

from outcry.domain.market import own_price
from outcry.domain.signed_order import SignedOrder
from outcry.messages.requests import PlaceRequest
from outcry_wire.records import Side


#: Atomic units of a token in a lot.
ATOMS_PER_LOT = 10_000


def as_signed(request: PlaceRequest, token: str, salt: int = 1, maker: bytes = b"") -> PlaceRequest:
    """Return *request* with what its maker would have signed for it."""
    money = own_price(request.outcome, request.price) * request.qty
    tokens = request.qty * ATOMS_PER_LOT
    gives, gets = (money, tokens) if request.side == Side.BUY else (tokens, money)
    address = maker or request.account.to_bytes(20)
    signed = SignedOrder(
        2, _bare(salt), address, address, _bare(int(token)), gives, gets, request.side, 0,
        (b"\x01", b"", b""), bytes(65),
    )  # fmt: skip
    return replace(request, signed=signed)


def _bare(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8)
