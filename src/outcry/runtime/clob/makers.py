"""A maker in a trade, in the shape that clients of the CLOB surface know on both doors."""

from msgspec import Struct


class MakerOrder(Struct, frozen=True, kw_only=True):
    """One maker of a trade. ``owner`` is a key of the user who is told, empty for others."""

    order_id: str
    owner: str
    maker_address: str
    matched_amount: str
    price: str
    fee_rate_bps: str
    asset_id: str
    outcome: str
    outcome_index: int
    side: str
