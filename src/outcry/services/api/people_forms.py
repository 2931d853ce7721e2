"""What is asked and answered about users, their accounts and keys, and about what was done."""

from typing import Annotated, Final, Literal

from msgspec import Meta, Raw, Struct, json

from outcry.ports.queries import PAGE_SIZE_MAX
from outcry.runtime.forms import STORABLE, Id, Name, OptionalId
from outcry.services.api.forms import Account, After, Body, Money, Page, PageSize, Quantity, Query


Label = Annotated[str, Meta(min_length=1, max_length=64, pattern=STORABLE)]


class AccountBody(Body, kw_only=True, frozen=True):
    """A further account, by a label of one's own."""

    label: Label


class TransferBody(Body, kw_only=True, frozen=True):
    """Money, or tokens of one outcome, from one of one's accounts to another."""

    from_account: Id
    to_account: Id
    amount: Money = ""
    token_id: str = ""
    quantity: Quantity = ""


class WithdrawalBody(Body, kw_only=True, frozen=True):
    """Money, or tokens of one outcome, that the contract is to pay out to the account's address."""

    amount: Money = ""
    token_id: str = ""
    quantity: Quantity = ""
    account: Account = 0


class PeopleQuery(Query, kw_only=True, frozen=True):
    """A page of users."""

    page: Page = 1
    page_size: PageSize = PAGE_SIZE_MAX


class WithdrawalsQuery(Query, kw_only=True, frozen=True):
    """A page of one's own withdrawals, newest first; of one status, or of any."""

    account: Account = 0
    status: Literal["", "waiting", "paid", "failed"] = ""
    page: Page = 1
    page_size: PageSize = 20
    after: After = 0


class KeysQuery(PeopleQuery, kw_only=True, frozen=True):
    """A page of the API keys of one user, or (0) of all."""

    user_id: OptionalId = 0


class AuditQuery(PeopleQuery, kw_only=True, frozen=True):
    """A page of what was done, newest first; of one kind, or of all."""

    kind: Name = ""


class AccountView(Struct, frozen=True):
    """One of one's accounts; the first one has no label."""

    account: int
    label: str
    #: Collateral, what is set aside for orders included.
    balance: str
    available: str


class WithdrawalLineView(Struct, frozen=True):
    """A withdrawal: money, or tokens of one outcome.

    It is *waiting* until the contract has spoken, *paid* with the transaction's hash, or *failed*
    with a reason; then its value is available again.
    """

    withdrawal_id: int
    account: int
    amount: str
    token_id: str
    quantity: str
    status: str
    tx_hash: str
    reason: str
    created_at: int
    ended_at: int


class WithdrawalsView(Struct, frozen=True):
    """A page of withdrawals; ``n`` is the log entry that it is true for."""

    withdrawals: list[WithdrawalLineView]
    total: int
    has_more: bool
    n: int


class LinkBody(Body, kw_only=True, frozen=True):
    """An address and its login (EIP-712 `ClobAuth`), of which the nonce is the user's id."""

    address: Annotated[str, Meta(pattern=r"^0x[0-9a-fA-F]{40}$")]
    timestamp: Annotated[
        str, Meta(pattern=r"^[0-9]{1,12}$", description="Seconds since 1970, as it was signed.")
    ]
    signature: Annotated[str, Meta(pattern=r"^0x[0-9a-fA-F]{130}$")]


LINK_BODY: Final = json.Decoder(LinkBody)


class AccountsView(Struct, frozen=True):
    """All of one's accounts, as of log entry ``n``."""

    accounts: list[AccountView]
    n: int


class AccountMadeView(Struct, frozen=True):
    """An account that exists as of log entry ``n``."""

    account: int
    n: int
    repeated: bool


class PersonView(Struct, frozen=True):
    """A user, as an operator sees them."""

    user_id: int
    account: int
    external_id: str
    address: str
    name: str
    created_at: int


class PeopleView(Struct, frozen=True):
    """A page of users, newest first."""

    users: list[PersonView]
    total: int
    has_more: bool
    n: int


class KeyView(Struct, frozen=True):
    """An API key without its secret."""

    key_id: int
    user_id: int
    generation: int
    scopes: list[str]
    label: str
    created_at: int
    #: 0 while it is good.
    revoked_at: int


class KeysView(Struct, frozen=True):
    """A page of API keys, newest first."""

    keys: list[KeyView]
    total: int
    has_more: bool
    n: int


class LimitView(Struct, frozen=True):
    """What an account (0: each) may have in a market (0: in all together); "" and 0 are none."""

    account: int
    market_id: int
    open_orders: int
    position: str
    notional: str


class LimitsView(Struct, frozen=True):
    """A page of the limits in force."""

    limits: list[LimitView]
    total: int
    has_more: bool
    n: int


class AuditLineView(Struct, frozen=True):
    """One thing that was done: by whom, with which API key (0: none), and what it says."""

    n: int
    kind: str
    #: The user who asked, 0 for the exchange itself.
    user_id: int
    key_id: int
    data: Raw
    timestamp: int


class AuditView(Struct, frozen=True):
    """A page of what was done."""

    lines: list[AuditLineView]
    total: int
    has_more: bool


ACCOUNT_BODY: Final = json.Decoder(AccountBody)
TRANSFER_BODY: Final = json.Decoder(TransferBody)
WITHDRAWAL_BODY: Final = json.Decoder(WithdrawalBody)
