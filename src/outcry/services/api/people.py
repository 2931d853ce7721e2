"""People: one's own accounts; for an operator users, keys and what was done."""

from msgspec import Raw

from outcry.domain.ids import COLLATERAL, asset_market, token_asset
from outcry.domain.rejects import Reject, Rejected
from outcry.domain.units import format_money, format_quantity
from outcry.messages.escrow_requests import PayOutOp
from outcry.messages.requests import Declined, Done, FundsOp, OpenAccountOp, RotateKeyOp, TransferOp
from outcry.ports.asset import Asset
from outcry.ports.projection import KeyRow, UserRow
from outcry.ports.queries import Queries
from outcry.ports.rows import AuditRow, LimitRow, Payment, WithdrawalRow
from outcry.runtime.amounts import read_money, read_quantity
from outcry.runtime.api_keys import KeyRing
from outcry.runtime.directory import Directory
from outcry.runtime.forms import is_id, read_body
from outcry.runtime.identity import Principal
from outcry.services.api import parse
from outcry.services.api.lookups import Lookups
from outcry.services.api.operator_forms import KeyMadeView
from outcry.services.api.people_forms import (
    ACCOUNT_BODY,
    TRANSFER_BODY,
    WITHDRAWAL_BODY,
    AccountMadeView,
    AccountsView,
    AccountView,
    AuditLineView,
    AuditQuery,
    AuditView,
    KeysQuery,
    KeysView,
    KeyView,
    LimitsView,
    LimitView,
    PeopleQuery,
    PeopleView,
    PersonView,
    TransferBody,
    WithdrawalBody,
    WithdrawalLineView,
    WithdrawalsQuery,
    WithdrawalsView,
)
from outcry.services.api.render import seconds
from outcry.services.api.views import DoneView, WithdrawalView


Refusal = Rejected | Declined


class People:
    """Reads from the tables, changes through the ledger."""

    def __init__(
        self, asset: Asset, queries: Queries, lookups: Lookups, markets: Directory, keys: KeyRing
    ) -> None:
        """Ask *asset*; tokens are known from *markets*, *keys* makes the text of API keys."""
        self._asset = asset
        self._queries = queries
        self._lookups = lookups
        self._markets = markets
        self._keys = keys

    async def accounts(self, user_id: int, registered_n: int = 0) -> AccountsView:
        """Return all accounts of a user with their collateral."""
        await self._lookups.include(registered_n)
        views, n = [], await self._queries.position()
        for row in await self._queries.accounts(user_id):
            balances, n = await self._queries.balances(row.account, [COLLATERAL])
            total = sum(balance.total for balance in balances)
            held = sum(balance.held for balance in balances)
            money = format_money(total), format_money(total - held)
            views.append(AccountView(row.account, row.label, *money))
        return AccountsView(views, n)

    async def open_account(self, who: Principal, body: bytes) -> AccountMadeView | Refusal:
        """Open a further account, once per label."""
        form = read_body(ACCOUNT_BODY, body)
        if isinstance(form, Rejected):
            return form
        done = await self._ask(OpenAccountOp(who.user_id, who.user_id, form.label), who)
        if isinstance(done, Declined):
            return done
        return AccountMadeView(done.id, done.n, done.repeated)

    async def transfer(self, who: Principal, body: bytes, key: str) -> DoneView | Refusal:
        """Move money or tokens between one's own accounts, once per *key*."""
        refused = parse.check_idempotency_key(key)
        if refused:
            return refused
        form = read_body(TRANSFER_BODY, body)
        if isinstance(form, Rejected):
            return form
        what = await self._what(form)
        if isinstance(what, Rejected):
            return what
        op = TransferOp(who.user_id, who.user_id, form.from_account, form.to_account, *what, key)
        done = await self._ask(op, who)
        return done if isinstance(done, Declined) else DoneView(done.n, done.repeated)

    async def withdraw(self, who: Principal, body: bytes, key: str) -> WithdrawalView | Refusal:
        """Have the contract pay out what is in one's escrow, once per *key*."""
        refused = parse.check_idempotency_key(key)
        if refused:
            return refused
        form = read_body(WITHDRAWAL_BODY, body)
        if isinstance(form, Rejected):
            return form
        what = await self._what(form)
        if isinstance(what, Rejected):
            return what
        account: int | Rejected = who.account
        if form.account:
            account = await self._lookups.account(form.account, who.user_id)
        if isinstance(account, Rejected):
            return account
        done = await self._ask(PayOutOp(who.user_id, account, *what, key), who)
        if isinstance(done, Declined):
            return done
        return WithdrawalView(done.id, done.n, done.repeated)

    async def withdrawals(
        self, form: WithdrawalsQuery, who: Principal
    ) -> WithdrawalsView | Rejected:
        """Return a page of one's own withdrawals."""
        if not await self._lookups.include(form.after):
            position = await self._queries.position()
            return Rejected(
                Reject.UNAVAILABLE, f"tables at entry {position}", f"entry {form.after}"
            )
        account: int | Rejected = who.account
        if form.account:
            account = await self._lookups.account(form.account, who.user_id)
        if isinstance(account, Rejected):
            return account
        status = Payment[form.status.upper()] if form.status else -1
        page = await self._queries.withdrawals(
            account, status, page=form.page, page_size=form.page_size
        )
        lines = [await self._withdrawal(row) for row in page.rows]
        more = form.page * form.page_size < page.total
        return WithdrawalsView(lines, page.total, more, page.n)

    async def _withdrawal(self, row: WithdrawalRow) -> WithdrawalLineView:
        """Return what is shown of a withdrawal: an amount, or a token and a quantity."""
        what = format_money(row.amount), "", ""
        if row.asset != COLLATERAL:
            market_id, outcome = asset_market(row.asset)
            market = await self._markets.find_market(market_id)
            token = (market.token_0, market.token_1)[outcome] if market else ""
            what = "", token, format_quantity(row.amount)
        status = Payment(row.status).name.lower()
        times = seconds(row.begun_at_us), seconds(row.ended_at_us)
        return WithdrawalLineView(
            row.withdrawal_id, row.account, *what, status, row.tx_hash, row.reason, *times
        )

    async def _what(self, form: TransferBody | WithdrawalBody) -> tuple[int, int] | Rejected:
        """Return asset and amount of a transfer or withdrawal."""
        if bool(form.amount) == bool(form.token_id) or bool(form.quantity) != bool(form.token_id):
            return Rejected(Reject.FIELD_MISSING, expected="amount, or token_id and quantity")
        if form.amount:
            amount = read_money(form.amount)
            return amount if isinstance(amount, Rejected) else (COLLATERAL, amount)
        found = await self._markets.find_token(form.token_id)
        if found is None:
            return Rejected(Reject.TOKEN_UNKNOWN, form.token_id[:80])
        qty = read_quantity(form.quantity)
        market, outcome = found
        return qty if isinstance(qty, Rejected) else (token_asset(market.market_id, outcome), qty)

    async def users(self, form: PeopleQuery) -> PeopleView:
        """Return a page of all users."""
        page = await self._queries.users(page=form.page, page_size=form.page_size)
        users = [_person(row) for row in page.rows]
        return PeopleView(users, page.total, _more(page.total, form), page.n)

    async def user(self, user_id: int) -> PersonView | Rejected:
        """Return one user."""
        row = await self._lookups.user(user_id) if is_id(user_id) else None
        return Rejected(Reject.USER_UNKNOWN, str(user_id)) if row is None else _person(row)

    async def keys(self, form: KeysQuery) -> KeysView:
        """Return a page of API keys."""
        page = await self._queries.keys(form.user_id, page=form.page, page_size=form.page_size)
        keys = [_key(row) for row in page.rows]
        return KeysView(keys, page.total, _more(page.total, form), page.n)

    async def rotate_key(self, who: Principal, key_id: int) -> KeyMadeView | Refusal:
        """Give an API key a new secret and show it; the old one is refused from now on."""
        if not is_id(key_id):
            return Rejected(Reject.KEY_UNKNOWN, str(key_id))
        done = await self._ask(RotateKeyOp(who.user_id, 0, key_id), who)
        if isinstance(done, Declined):
            return done
        # Doors know a key from the tables: who is shown one may use it at once.
        await self._lookups.include(done.n)
        generation = done.ids[0]
        return KeyMadeView(key_id, generation, self._keys.api_key(key_id, generation), done.n)

    async def limits(self, form: PeopleQuery) -> LimitsView:
        """Return a page of the limits in force."""
        page = await self._queries.limits(page=form.page, page_size=form.page_size)
        limits = [_limit(row) for row in page.rows]
        return LimitsView(limits, page.total, _more(page.total, form), page.n)

    async def audit(self, form: AuditQuery) -> AuditView:
        """Return a page of what was done by operators and the exchange itself."""
        page = await self._queries.audit(form.kind, page=form.page, page_size=form.page_size)
        lines = [_line(row) for row in page.rows]
        return AuditView(lines, page.total, _more(page.total, form))

    async def _ask(self, op: FundsOp, who: Principal) -> Done | Declined:
        result = await self._asset.funds(op, key_id=who.key_id)
        if isinstance(result, Done):
            self._lookups.note(result.n)
        return result


def _more(total: int, form: PeopleQuery) -> bool:
    return form.page * form.page_size < total


def _person(row: UserRow) -> PersonView:
    return PersonView(
        row.user_id,
        row.account,
        row.external_id,
        row.address,
        row.name,
        seconds(row.created_at_us),
    )


def _limit(row: LimitRow) -> LimitView:
    return LimitView(
        row.account,
        row.market_id,
        row.orders_max,
        format_quantity(row.position_max) if row.position_max else "",
        format_money(row.notional_max) if row.notional_max else "",
    )


def _key(row: KeyRow) -> KeyView:
    return KeyView(
        row.key_id,
        row.user_id,
        row.generation,
        row.scopes.split(),
        row.label,
        seconds(row.created_at_us),
        seconds(row.revoked_at_us),
    )


def _line(row: AuditRow) -> AuditLineView:
    return AuditLineView(
        row.n, row.kind, row.actor, row.key_id, Raw(row.body.encode()), seconds(row.at_us)
    )
