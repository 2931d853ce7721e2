"""Calls about one's own accounts and, for an operator, about users, keys and what was done."""

from typing import Literal

from outcry_sdk.admin_models import AuditPage, KeyMade, KeysPage, LimitsPage, Person, UsersPage
from outcry_sdk.amounts import Amount
from outcry_sdk.calls.call import Call, get, optional_text, post, reader
from outcry_sdk.calls.trading import once
from outcry_sdk.escrow_models import WithdrawalBegun, WithdrawalsPage
from outcry_sdk.models import AccountMade, Accounts, Done


_accounts = reader(Accounts)
_account = reader(AccountMade)
_done = reader(Done)
_users = reader(UsersPage)
_user = reader(Person)
_keys = reader(KeysPage)
_key = reader(KeyMade)
_limits = reader(LimitsPage, empty=True)
_audit = reader(AuditPage)
_begun = reader(WithdrawalBegun)
_withdrawals = reader(WithdrawalsPage, empty=True)


def accounts() -> Call[Accounts]:
    """Return all of one's accounts with their collateral, the first one first."""
    return get("/api/accounts", _accounts)


def open_account(label: str) -> Call[AccountMade]:
    """Open a further account, once per *label*."""
    return post("/api/accounts", _account, {"label": label})


def transfer(
    from_account: int,
    to_account: int,
    *,
    amount: Amount | None = None,
    token_id: str | None = None,
    quantity: Amount | None = None,
    key: str = "",
) -> Call[Done]:
    """Move collateral, or *quantity* of a token, between one's accounts, once per *key*.

    Raises `NotFoundError` for an account that is not one's own.
    """
    body = {
        "from_account": from_account,
        "to_account": to_account,
        "amount": optional_text(amount),
        "token_id": token_id,
        "quantity": optional_text(quantity),
    }
    return post("/api/transfer", _done, body, headers=once(key))


def request_withdrawal(
    *,
    amount: Amount | None = None,
    token_id: str | None = None,
    quantity: Amount | None = None,
    account: int | None = None,
    key: str = "",
) -> Call[WithdrawalBegun]:
    """Have the contract pay collateral, or *quantity* of a token, out to one's address.

    Once per *key*. Only where the exchange lives on a chain.
    """
    body = {
        "amount": optional_text(amount),
        "token_id": token_id,
        "quantity": optional_text(quantity),
        "account": account,
    }
    return post("/api/withdrawals", _begun, body, headers=once(key))


def withdrawals(
    *,
    status: Literal["", "waiting", "paid", "failed"] = "",
    account: int = 0,
    page: int = 1,
    page_size: int = 20,
    after: int = 0,
) -> Call[WithdrawalsPage]:
    """Return one's own withdrawals from the contract, newest first."""
    query = {"status": status, "account": account, "page": page, "page_size": page_size}
    return get("/api/withdrawals", _withdrawals, query | {"after": after})


def users(*, page: int = 1, page_size: int = 100) -> Call[UsersPage]:
    """Return a page of all users, newest first."""
    return get("/api/admin/users", _users, {"page": page, "page_size": page_size})


def user(user_id: int) -> Call[Person]:
    """Return one user."""
    return get(f"/api/admin/users/{user_id}", _user)


def user_accounts(user_id: int) -> Call[Accounts]:
    """Return all accounts of a user with their collateral, the first one first."""
    return get(f"/api/admin/users/{user_id}/accounts", _accounts)


def keys(*, user_id: int = 0, page: int = 1, page_size: int = 100) -> Call[KeysPage]:
    """Return a page of the API keys of a user, or of all, newest first."""
    query = {"user_id": user_id, "page": page, "page_size": page_size}
    return get("/api/admin/keys", _keys, query)


def rotate_key(key_id: int) -> Call[KeyMade]:
    """Give an API key a new secret; the old one is refused within a second."""
    return post(f"/api/admin/keys/{key_id}/rotate", _key, {}, repeatable=False)


def limits(*, page: int = 1, page_size: int = 100) -> Call[LimitsPage]:
    """Return a page of the limits in force, by account and market."""
    return get("/api/admin/limits", _limits, {"page": page, "page_size": page_size})


def audit(*, kind: str = "", page: int = 1, page_size: int = 100) -> Call[AuditPage]:
    """Return a page of what operators and the exchange itself did, newest first."""
    return get("/api/admin/audit", _audit, {"kind": kind, "page": page, "page_size": page_size})
