"""What operators send to `/api/admin` about users, money and the exchange itself."""

from typing import Annotated, Final, Literal

from msgspec import Meta, Struct, json

from outcry.domain.fees import BPS, RATE_BPS_MAX
from outcry.runtime.forms import STORABLE, Id, Name, OptionalId
from outcry.services.api.forms import Body, Money


#: A transaction hash or another name by which a movement happens once.
MovementKey = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=128,
        pattern=STORABLE,
        description="Names the movement: the same again changes nothing.",
    ),
]
Bps = Annotated[int, Meta(ge=0, le=RATE_BPS_MAX, description="Hundredths of a per cent.")]


class MovementBody(Body, kw_only=True, frozen=True):
    """Collateral that comes in or goes out."""

    user_id: Id
    amount: Money
    tx_hash: MovementKey


class UserBody(Body, kw_only=True, frozen=True):
    """A user, by the subject that their tokens will have."""

    external_id: Annotated[str, Meta(min_length=1, max_length=256, pattern=STORABLE)]
    address: Name = ""
    name: Name = ""


class KeyBody(Body, kw_only=True, frozen=True):
    """An API key for a user."""

    user_id: Id
    scopes: Annotated[list[Literal["read", "trade", "admin"]], Meta(min_length=1, max_length=3)]
    label: Name = ""


class FeesBody(Body, kw_only=True, frozen=True):
    """The next version of fees; markets name the version they use."""

    kind: Literal["none", "flat", "quadratic"]
    taker_bps: Bps = 0
    maker_bps: Bps = 0
    rebate_bps: Annotated[
        int, Meta(ge=0, le=BPS, description="The maker's part of the taker's fee.")
    ] = 0


class ModeBody(Body, kw_only=True, frozen=True):
    """What the whole exchange accepts."""

    mode: Literal["normal", "post_only", "cancel_only", "halted"]


class LimitsBody(Body, kw_only=True, frozen=True):
    """What an account (0: each) may have in a market (0: in all together). 0 and "" are no limit.

    All of them are set, none is kept.
    """

    account: OptionalId = 0
    market_id: OptionalId = 0
    open_orders: Annotated[int, Meta(ge=0, le=10**9, description="Orders that rest.")] = 0
    position: Annotated[
        str,
        Meta(description="Shares of one outcome, owned or bid for; in each market on its own."),
    ] = ""
    notional: Annotated[str, Meta(description="Collateral set aside for buys.")] = ""


class FreezeBody(Body, kw_only=True, frozen=True):
    """Which account may only cancel from now on, or may do everything again, and why."""

    account: Id
    frozen: bool
    reason: Annotated[str, Meta(min_length=1, max_length=256, pattern=STORABLE)]


class ReleaseBody(Body, kw_only=True, frozen=True):
    """What an account gets of what is in suspense: shares of a market, or (0) collateral."""

    account: Id
    market_id: OptionalId = 0
    outcome: Annotated[int, Meta(ge=0, le=1, description="0 (YES) or 1 (NO).")] = 0
    amount: Money
    tx_hash: MovementKey


class ClockBody(Body, kw_only=True, frozen=True):
    """Where to advance the manual clock to, in seconds since 1970."""

    time: Annotated[int, Meta(ge=0, le=253_402_300_799)]


class NothingBody(Body, kw_only=True, frozen=True):
    """No field at all."""


class UserMadeView(Struct, frozen=True):
    """A user who exists as of log entry ``n``."""

    user_id: int
    account: int
    n: int
    repeated: bool


class KeyMadeView(Struct, frozen=True):
    """A new API key. ``api_key`` is its whole text; it is shown here and nowhere else."""

    key_id: int
    generation: int
    api_key: str
    n: int


class FeesMadeView(Struct, frozen=True):
    """A new version of fees."""

    fee_version: int
    n: int


class CheckpointView(Struct, frozen=True):
    """Every book was hashed by the engine and compared with the ledger's."""

    checkpoint_id: int
    n: int


MOVEMENT_BODY: Final = json.Decoder(MovementBody)
USER_BODY: Final = json.Decoder(UserBody)
KEY_BODY: Final = json.Decoder(KeyBody)
FEES_BODY: Final = json.Decoder(FeesBody)
MODE_BODY: Final = json.Decoder(ModeBody)
LIMITS_BODY: Final = json.Decoder(LimitsBody)
FREEZE_BODY: Final = json.Decoder(FreezeBody)
RELEASE_BODY: Final = json.Decoder(ReleaseBody)
CLOCK_BODY: Final = json.Decoder(ClockBody)
NOTHING_BODY: Final = json.Decoder(NothingBody)
