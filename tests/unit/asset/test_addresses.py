"""Addresses of users: each is one user's, a user has one at a time, and the log says so."""

from tests.support.venue import Venue

from outcry.domain.ledger.state import Ledger
from outcry.domain.rejects import Reject
from outcry.messages.requests import CreateUserOp, LinkAddressOp
from outcry.runtime.fold import Fold
from outcry.runtime.ledger_recovery import fold_log


ANN, BOB = "0x" + "aA" * 20, "0x" + "bB" * 20


async def test_an_address_is_one_users() -> None:
    """Nobody else gets it, in whatever spelling, until its user has moved to another one."""
    async with Venue().running() as venue:
        ann = (await venue.fund(CreateUserOp(0, "ann", ANN, "Ann"))).id
        bob = (await venue.fund(CreateUserOp(0, "bob", "", "Bob"))).id

        refused = await venue.refused(LinkAddressOp(bob, bob, ANN.lower()))
        assert refused.reject == Reject.ADDRESS_TAKEN
        refused = await venue.refused(CreateUserOp(0, "cy", ANN.upper().replace("X", "x"), ""))
        assert refused.reject == Reject.ADDRESS_TAKEN

        assert not (await venue.fund(LinkAddressOp(ann, ann, BOB))).repeated
        assert (await venue.fund(LinkAddressOp(ann, ann, BOB.lower()))).repeated
        await venue.fund(LinkAddressOp(bob, bob, ANN))
        assert venue.asset.ledger.addresses == {BOB.lower(): ann, ANN.lower(): bob}

        fold = Fold(Ledger())
        await fold_log(fold, venue.log, venue.asset.ledger.n)
        assert fold.ledger.addresses == venue.asset.ledger.addresses


async def test_what_is_no_address_is_not_linked() -> None:
    """A text of another form is refused, and so is a user who does not exist."""
    async with Venue().running() as venue:
        ann = (await venue.fund(CreateUserOp(0, "ann", "", ""))).id
        assert (await venue.refused(LinkAddressOp(ann, ann, "0x12"))).reject == Reject.FIELD_INVALID
        assert (await venue.refused(LinkAddressOp(9, 9, ANN))).reject == Reject.USER_UNKNOWN
