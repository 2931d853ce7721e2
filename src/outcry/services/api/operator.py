"""Operator: money, users, keys, fees, mode and clock, as an admin asks for them.

Each is one operation of the ledger; nothing is changed anywhere else. Markets are the business of
the `event` service.
"""

from outcry.domain.fees import FeeKind
from outcry.domain.ids import COLLATERAL, token_asset
from outcry.domain.mode import Mode
from outcry.domain.rejects import Reject, Rejected
from outcry.domain.units import MICROS_PER_SECOND
from outcry.messages.chain_requests import FreezeOp, ReleaseOp
from outcry.messages.requests import (
    CheckpointOp,
    CreateKeyOp,
    CreateUserOp,
    Declined,
    DepositOp,
    Done,
    FundsOp,
    RevokeKeyOp,
    SetClockOp,
    SetFeesOp,
    SetLimitsOp,
    SetModeOp,
    WithdrawOp,
)
from outcry.ports.asset import Asset
from outcry.runtime.amounts import read_money, read_quantity
from outcry.runtime.api_keys import KeyRing
from outcry.runtime.forms import is_id, read_body
from outcry.runtime.identity import Identity, Principal
from outcry.services.api.catalogue import Catalogue
from outcry.services.api.lookups import Lookups
from outcry.services.api.operator_forms import (
    CLOCK_BODY,
    FEES_BODY,
    FREEZE_BODY,
    KEY_BODY,
    LIMITS_BODY,
    MODE_BODY,
    MOVEMENT_BODY,
    NOTHING_BODY,
    RELEASE_BODY,
    USER_BODY,
    CheckpointView,
    FeesMadeView,
    KeyMadeView,
    UserMadeView,
)
from outcry.services.api.views import DoneView


Refusal = Rejected | Declined


class Operator:
    """What an admin may do, apart from markets. *who* asks is an admin."""

    def __init__(
        self,
        asset: Asset,
        lookups: Lookups,
        catalogue: Catalogue,
        identity: Identity,
        keys: KeyRing,
    ) -> None:
        """Ask *asset*; *keys* makes the text of new API keys."""
        self._asset = asset
        self._lookups = lookups
        self._catalogue = catalogue
        self._identity = identity
        self._keys = keys

    async def deposit(self, who: Principal, body: bytes) -> DoneView | Refusal:
        """Credit collateral, once per transaction hash."""
        return await self._move_money(DepositOp, who, body)

    async def withdraw(self, who: Principal, body: bytes) -> DoneView | Refusal:
        """Debit collateral, once per transaction hash."""
        return await self._move_money(WithdrawOp, who, body)

    async def _move_money(
        self, kind: type[DepositOp | WithdrawOp], who: Principal, body: bytes
    ) -> DoneView | Refusal:
        form = read_body(MOVEMENT_BODY, body)
        if isinstance(form, Rejected):
            return form
        amount = read_money(form.amount)
        if isinstance(amount, Rejected):
            return amount
        user = await self._catalogue.user(form.user_id)
        if isinstance(user, Rejected):
            return user
        return _done(
            await self._ask(kind(who.user_id, user.account, COLLATERAL, amount, form.tx_hash), who)
        )

    async def create_user(self, who: Principal, body: bytes) -> UserMadeView | Refusal:
        """Register a user before they come themselves."""
        form = read_body(USER_BODY, body)
        if isinstance(form, Rejected):
            return form
        done = await self._ask(
            CreateUserOp(who.user_id, form.external_id, form.address, form.name), who
        )
        if isinstance(done, Declined):
            return done
        self._identity.remember(form.external_id, done.id, done.ids[0])
        return UserMadeView(done.id, done.ids[0], done.n, done.repeated)

    async def create_key(self, who: Principal, body: bytes) -> KeyMadeView | Refusal:
        """Create an API key and show its text."""
        form = read_body(KEY_BODY, body)
        if isinstance(form, Rejected):
            return form
        done = await self._ask(
            CreateKeyOp(who.user_id, form.user_id, tuple(form.scopes), form.label), who
        )
        if isinstance(done, Declined):
            return done
        # Doors know a key from the tables: who is shown one may use it at once.
        await self._lookups.include(done.n)
        generation = done.ids[0]
        return KeyMadeView(done.id, generation, self._keys.api_key(done.id, generation), done.n)

    async def revoke_key(self, who: Principal, key_id: int) -> DoneView | Refusal:
        """Stop accepting an API key, whoever's it is."""
        if not is_id(key_id):
            return Rejected(Reject.KEY_UNKNOWN, str(key_id))
        done = await self._ask(RevokeKeyOp(who.user_id, 0, key_id), who)
        if isinstance(done, Done) and not await self._lookups.include(done.n):
            return Declined(Reject.BUSY, "revoked, but not yet known everywhere", "ask again")
        return _done(done)

    async def set_fees(self, who: Principal, body: bytes) -> FeesMadeView | Refusal:
        """Create the next version of fees."""
        form = read_body(FEES_BODY, body)
        if isinstance(form, Rejected):
            return form
        kind = FeeKind[form.kind.upper()]
        done = await self._ask(
            SetFeesOp(who.user_id, kind, form.taker_bps, form.maker_bps, form.rebate_bps), who
        )
        return done if isinstance(done, Declined) else FeesMadeView(done.id, done.n)

    async def set_mode(self, who: Principal, body: bytes) -> DoneView | Refusal:
        """Switch what the whole exchange accepts."""
        form = read_body(MODE_BODY, body)
        if isinstance(form, Rejected):
            return form
        return _done(await self._ask(SetModeOp(who.user_id, Mode[form.mode.upper()]), who))

    async def set_limits(self, who: Principal, body: bytes) -> DoneView | Refusal:
        """Bound what accounts may have."""
        form = read_body(LIMITS_BODY, body)
        if isinstance(form, Rejected):
            return form
        position = read_quantity(form.position) if form.position else 0
        notional = read_money(form.notional) if form.notional else 0
        if isinstance(position, Rejected):
            return position
        if isinstance(notional, Rejected):
            return notional
        op = SetLimitsOp(
            who.user_id, form.account, form.market_id, form.open_orders, position, notional
        )
        return _done(await self._ask(op, who))

    async def freeze(self, who: Principal, body: bytes) -> DoneView | Refusal:
        """Let an account only cancel, or let it do everything again."""
        form = read_body(FREEZE_BODY, body)
        if isinstance(form, Rejected):
            return form
        op = FreezeOp(who.user_id, form.account, form.frozen, form.reason)
        return _done(await self._ask(op, who))

    async def release(self, who: Principal, body: bytes) -> DoneView | Refusal:
        """Give an account something of what is in suspense."""
        form = read_body(RELEASE_BODY, body)
        if isinstance(form, Rejected):
            return form
        amount = read_quantity(form.amount) if form.market_id else read_money(form.amount)
        if isinstance(amount, Rejected):
            return amount
        asset = token_asset(form.market_id, form.outcome) if form.market_id else COLLATERAL
        op = ReleaseOp(who.user_id, form.account, asset, amount, form.tx_hash)
        return _done(await self._ask(op, who))

    async def set_clock(self, who: Principal, body: bytes) -> DoneView | Refusal:
        """Advance the manual clock."""
        form = read_body(CLOCK_BODY, body)
        if isinstance(form, Rejected):
            return form
        return _done(await self._ask(SetClockOp(who.user_id, form.time * MICROS_PER_SECOND), who))

    async def checkpoint(self, who: Principal, body: bytes) -> CheckpointView | Refusal:
        """Compare every book of the engine with the ledger's, at an exact command."""
        form = read_body(NOTHING_BODY, body)
        if isinstance(form, Rejected):
            return form
        done = await self._ask(CheckpointOp(who.user_id), who)
        return done if isinstance(done, Declined) else CheckpointView(done.id, done.n)

    async def _ask(self, op: FundsOp, who: Principal) -> Done | Declined:
        result = await self._asset.funds(op, key_id=who.key_id)
        if isinstance(result, Done):
            self._lookups.note(result.n)
        return result


def _done(result: Done | Declined) -> DoneView | Declined:
    return result if isinstance(result, Declined) else DoneView(result.n, result.repeated)
