"""What the exchange answers about what a contract keeps for its users."""

from decimal import Decimal

from msgspec import Struct, field

from outcry_sdk.models import Page


class Withdrawal(Struct, frozen=True, kw_only=True):
    """What the contract is to pay out, or has: an amount, or a quantity of a token."""

    withdrawal_id: int
    account: int
    amount: Decimal | None
    token_id: str
    quantity: Decimal | None
    #: "waiting", "paid" or "failed".
    status: str
    tx_hash: str
    reason: str
    created_at: int
    #: 0 while it waits.
    ended_at: int


class WithdrawalsPage(Page[Withdrawal], frozen=True, kw_only=True):
    """A page of withdrawals."""

    items: list[Withdrawal] = field(name="withdrawals")


class WithdrawalBegun(Struct, frozen=True):
    """A withdrawal that was begun in log entry ``n``."""

    withdrawal_id: int
    n: int
    repeated: bool
