"""Addresses: a user of tokens shows that an address is theirs, and is known by it from then on."""

from collections.abc import Callable

from outcry.domain.rejects import Reject, Rejected
from outcry.messages.requests import Declined, LinkAddressOp
from outcry.ports.asset import Asset
from outcry.runtime.forms import read_body
from outcry.runtime.identity import Principal
from outcry.services.api.clob.login import LoginTerms, Said, verify_login
from outcry.services.api.config import ApiConfig
from outcry.services.api.lookups import Lookups
from outcry.services.api.people_forms import LINK_BODY
from outcry.services.api.views import DoneView


#: How far the time of a login may be from ours where nothing else says so.
SKEW_SECONDS_MAX = 60


class Addresses:
    """What links users to addresses."""

    def __init__(
        self,
        asset: Asset,
        lookups: Lookups,
        terms: LoginTerms | None,
        clock: Callable[[], float],
    ) -> None:
        """Ask *asset*; logins are for *terms*, None where nothing is signed here."""
        self._asset = asset
        self._lookups = lookups
        self._terms = terms
        self._clock = clock

    async def link(self, who: Principal, body: bytes) -> DoneView | Rejected | Declined:
        """Make the address in *body* the user's own.

        Its login names the user as nonce, so whoever sees one cannot use it for themselves.
        """
        if self._terms is None:
            return Rejected(Reject.SIGNED_ORDERS_UNSUPPORTED)
        form = read_body(LINK_BODY, body)
        if isinstance(form, Rejected):
            return form
        said = Said(form.address, form.timestamp, str(who.user_id), form.signature)
        login = verify_login(said, self._terms, self._clock())
        if isinstance(login, Rejected):
            return login
        op = LinkAddressOp(who.user_id, who.user_id, login.address)
        done = await self._asset.funds(op, key_id=who.key_id)
        if isinstance(done, Declined):
            return done
        self._lookups.note(done.n)
        if not await self._lookups.include(done.n):
            return Declined(Reject.BUSY, "linked, but not yet known everywhere", "ask again")
        self._lookups.changed_user(who.user_id)
        return DoneView(done.n, done.repeated)


def terms_of(config: ApiConfig) -> LoginTerms | None:
    """Return what logins are for: the CLOB surface's chain, else that of signed orders."""
    if config.clob is not None:
        return LoginTerms(config.clob.profile.chain_id, config.clob.skew_seconds_max)
    if config.signing is not None:
        return LoginTerms(config.signing.chain_id, SKEW_SECONDS_MAX)
    return None
