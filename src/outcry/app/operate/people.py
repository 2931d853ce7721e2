"""`outcry user`, `outcry key` and `outcry audit`: people of a running exchange and their deeds."""

# ruff: noqa: PLC0415 - `outcry --help` must not wait for the client library

import json
from typing import TYPE_CHECKING, Annotated, Literal, cast
from uuid import uuid4

import typer

from outcry.app.failures import UsageError
from outcry.app.operate.reading import facts, moment, table
from outcry.app.operate.session import Told, operating, warn
from outcry.app.options import examples


if TYPE_CHECKING:
    from outcry_sdk import Client

user_app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="Register, list and fund the users of a running exchange.",
)
key_app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="Create, list, rotate and revoke API keys of a running exchange.",
)

UserId = Annotated[int, typer.Argument(min=1, help="The user.")]
KeyId = Annotated[int, typer.Argument(min=1, help="The key.")]
Amount = Annotated[str, typer.Argument(help="Collateral: 100 or 0.25.")]
TxHash = Annotated[str, typer.Option(help="Names it: the same again happens once.")]
Reason = Annotated[str, typer.Option(help="Why; it is kept.")]
OneAccount = Annotated[int, typer.Option(min=0, help="One account of theirs only.")]
Scope = Literal["read", "trade", "admin"]
PAGE = 100


@user_app.command("create", epilog=examples("outcry user create alice --name Alice"))
@operating
def user_create(
    client: "Client",
    external_id: Annotated[str, typer.Argument(help="The subject that their tokens have.")],
    *,
    name: Annotated[str, typer.Option(help="What they are called.")] = "",
    address: Annotated[str, typer.Option(help="Their address on a chain.")] = "",
) -> Told:
    """Register a user before they come themselves."""
    made = client.create_user(external_id, name=name, address=address)
    state = "exists already" if made.repeated else "is registered"
    return Told(made, f"User {made.user_id} {state}, account {made.account}.")


@user_app.command("list", epilog=examples("outcry user list"))
@operating
def user_list(client: "Client") -> Told:
    """List all users, newest first."""
    from outcry_sdk.calls import people

    users = list(client.every(lambda page: people.users(page=page, page_size=PAGE)))
    rows = (
        (user.user_id, user.account, moment(user.created_at), user.external_id, user.name)
        for user in users
    )
    headings = ("user", "account", "since", "external id", "name")
    return Told(users, table(headings, rows, "There is no user."))


@user_app.command("show", epilog=examples("outcry user show 3"))
@operating
def user_show(client: "Client", user: UserId) -> Told:
    """Show one user with their accounts and money."""
    person, accounts = client.user(user), client.user_accounts(user).accounts
    head = facts(
        (
            ("user", person.user_id),
            ("external id", person.external_id),
            ("name", person.name),
            ("address", person.address),
            ("since", moment(person.created_at)),
        )
    )
    rows = ((one.account, one.label, one.balance, one.available) for one in accounts)
    money = table(("account", "label", "balance", "available"), rows, "")
    return Told({"user": person, "accounts": accounts}, f"{head}\n\n{money}")


@user_app.command(
    "deposit",
    epilog=examples("outcry user deposit 3 100", "outcry user deposit 3 100 --tx-hash 0xa1"),
)
@operating
def user_deposit(client: "Client", user: UserId, amount: Amount, *, tx_hash: TxHash = "") -> Told:
    """Credit collateral to a user."""
    done = client.deposit(user, amount, _named(tx_hash))
    what = "was credited before" if done.repeated else f"has {amount} more"
    return Told(done, f"User {user} {what} (log entry {done.n}).")


@user_app.command("withdraw", epilog=examples("outcry user withdraw 3 20.5"))
@operating
def user_withdraw(client: "Client", user: UserId, amount: Amount, *, tx_hash: TxHash = "") -> Told:
    """Debit a user's available collateral."""
    done = client.withdraw(user, amount, _named(tx_hash))
    what = "was debited before" if done.repeated else f"has {amount} less"
    return Told(done, f"User {user} {what} (log entry {done.n}).")


@user_app.command(
    "limit",
    epilog=examples(
        "outcry user limit --account 1001 --orders 200 --notional 2500",
        "outcry user limit --market 7 --position 10000",
        "outcry user limit --account 1001",
    ),
)
@operating
def user_limit(
    client: "Client",
    *,
    account: Annotated[int, typer.Option(min=0, help="An account (0: each one).")] = 0,
    market: Annotated[int, typer.Option(min=0, help="A market (0: all together).")] = 0,
    orders: Annotated[int, typer.Option(min=0, help="Most open orders.")] = 0,
    position: Annotated[str, typer.Option(help="Most shares of one outcome.")] = "",
    notional: Annotated[str, typer.Option(help="Most collateral set aside for buys.")] = "",
) -> Told:
    """Bound what accounts may have. What is not given is no limit any more."""
    done = client.set_limits(
        account=account,
        market_id=market,
        open_orders=orders,
        position=position or None,
        notional=notional or None,
    )
    who = f"Account {account}" if account else "Each account"
    where = f"in market {market}" if market else "over all markets"
    bounds = [f"{orders} open orders"] if orders else []
    bounds += [f"{position} shares of an outcome"] if position else []
    bounds += [f"{notional} set aside for buys"] if notional else []
    what = f"may have {', '.join(bounds)}" if bounds else "has no limit"
    return Told(done, f"{who} {what} {where} (log entry {done.n}).")


@user_app.command("limits", epilog=examples("outcry user limits"))
@operating
def user_limits(client: "Client") -> Told:
    """List the limits in force. Account 0 is each one, market 0 all together."""
    from outcry_sdk.calls import people

    limits = list(client.every(lambda page: people.limits(page=page, page_size=PAGE)))
    rows = (
        (one.account, one.market_id, one.open_orders or "", one.position or "", one.notional or "")
        for one in limits
    )
    headings = ("account", "market", "orders", "position", "notional")
    return Told(limits, table(headings, rows, "There is no limit."))


@user_app.command(
    "freeze",
    epilog=examples(
        'outcry user freeze 3 --reason "stolen key"',
        'outcry user freeze 3 --account 1005 --reason "dispute"',
    ),
)
@operating
def user_freeze(client: "Client", user: UserId, *, reason: Reason, account: OneAccount = 0) -> Told:
    """Let a user only cancel. What they have resting is cancelled."""
    accounts = _accounts_of(client, user, account)
    done = [client.freeze(one, reason) for one in accounts]
    return Told(done, f"User {user} may only cancel with {_listed(accounts)}.")


@user_app.command("unfreeze", epilog=examples('outcry user unfreeze 3 --reason "new key"'))
@operating
def user_unfreeze(
    client: "Client", user: UserId, *, reason: Reason, account: OneAccount = 0
) -> Told:
    """Let a user do everything again."""
    accounts = _accounts_of(client, user, account)
    done = [client.unfreeze(one, reason) for one in accounts]
    return Told(done, f"User {user} may do everything again with {_listed(accounts)}.")


def _accounts_of(client: "Client", user: int, account: int) -> list[int]:
    """Return all accounts of a user, or the one that was named, which must be theirs."""
    accounts = [one.account for one in client.user_accounts(user).accounts]
    if account and account not in accounts:
        raise UsageError(f"--account: user {user} has {_listed(accounts)}, not {account}")
    return [account] if account else accounts


def _listed(accounts: list[int]) -> str:
    return f"account {', '.join(map(str, accounts))}"


def _named(tx_hash: str) -> str:
    """Return the name of a movement; one is made up, and said, where none is given."""
    if not tx_hash:
        tx_hash = f"cli-{uuid4().hex}"
        warn(f"--tx-hash {tx_hash}")
    return tx_hash


@key_app.command("create", epilog=examples('outcry key create 3 -s read -s trade --label "bot"'))
@operating
def key_create(
    client: "Client",
    user: UserId,
    *,
    scope: Annotated[list[str], typer.Option("--scope", "-s", help="read, trade or admin.")],
    label: Annotated[str, typer.Option(help="What it is for.")] = "",
) -> Told:
    """Create an API key for a user. Its text is shown here and nowhere else."""
    wrong = set(scope) - {"read", "trade", "admin"}
    if wrong:
        raise UsageError(f"--scope: {min(wrong)!r} is none of read, trade, admin")
    made = client.create_key(user, cast("list[Scope]", scope), label=label)
    return Told(made, f"Key {made.key_id} of user {user}: {made.api_key}")


@key_app.command("list", epilog=examples("outcry key list", "outcry key list --user 3"))
@operating
def key_list(
    client: "Client", *, user: Annotated[int, typer.Option(min=0, help="One user only.")] = 0
) -> Told:
    """List API keys, newest first, without their secrets."""
    from outcry_sdk.calls import people

    keys = list(client.every(lambda page: people.keys(user_id=user, page=page, page_size=PAGE)))
    rows = (
        (
            key.key_id,
            key.user_id,
            " ".join(key.scopes),
            key.generation,
            moment(key.created_at),
            moment(key.revoked_at),
            key.label,
        )
        for key in keys
    )
    headings = ("key", "user", "scopes", "generation", "created", "revoked", "label")
    return Told(keys, table(headings, rows, "There is no key."))


@key_app.command("rotate", epilog=examples("outcry key rotate 5"))
@operating
def key_rotate(client: "Client", key: KeyId) -> Told:
    """Give an API key a new secret; the old one is refused within a second."""
    made = client.rotate_key(key)
    return Told(made, f"Key {made.key_id}, generation {made.generation}: {made.api_key}")


@key_app.command("revoke", epilog=examples("outcry key revoke 5"))
@operating
def key_revoke(client: "Client", key: KeyId) -> Told:
    """Stop accepting an API key."""
    done = client.revoke_key(key)
    already = " already" if done.repeated else ""
    return Told(done, f"Key {key} is revoked{already} (log entry {done.n}).")


@operating
def audit(
    client: "Client",
    *,
    kind: Annotated[str, typer.Option(help="One kind only: resolved, deposit, key, ...")] = "",
    count: Annotated[int, typer.Option("--number", "-n", min=1, max=100, help="Lines.")] = 20,
) -> Told:
    """Show what operators and the exchange itself did, newest first.

    User 0 is the exchange itself; key 0 means that no API key was used.
    """
    lines = client.audit(kind=kind, page_size=count).items
    rows = (
        (
            line.n,
            moment(line.timestamp),
            line.user_id,
            line.key_id,
            line.kind,
            json.dumps(line.data, ensure_ascii=False),
        )
        for line in lines
    )
    headings = ("entry", "time", "user", "key", "kind", "what")
    nothing = f"Nothing of the kind {kind!r} was done yet." if kind else "Nothing was done yet."
    return Told(lines, table(headings, rows, nothing))


AUDIT_EPILOG = examples("outcry audit", "outcry audit --kind resolved --json")
