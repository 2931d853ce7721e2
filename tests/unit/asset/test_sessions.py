"""Sessions at the ledger: each numbered command is taken once, whatever is sent again."""

from random import Random

from tests.support.venue import Venue, limit

from outcry.domain.ledger.sessions import REFUSED_MAX, SESSION_LIMIT, Session, was_refused
from outcry.domain.rejects import Reject
from outcry.messages.requests import (
    CancelAccepted,
    CancelAllRequest,
    CancelRequest,
    CreateKeyOp,
    Declined,
    OrderAccepted,
    OrderCommand,
    OrderResult,
    PlaceRequest,
    ReduceRequest,
    ReplaceRequest,
    RevokeKeyOp,
    RotateKeyOp,
    SessionCommand,
)
from outcry.messages.session_requests import (
    CancelUnattended,
    OpenSession,
    SessionGranted,
)
from outcry_wire.records import Side


THOUSAND = 1_000_000_000


class Client:
    """One session of one account, and its newest connection."""

    def __init__(self, venue: Venue, account: int, key_id: int) -> None:
        self.venue, self.account, self.key_id = venue, account, key_id
        self.opened = 0

    async def open(
        self, gate: str = "", session: int = 1, after: int = 0
    ) -> SessionGranted | Declined:
        """Log on."""
        opened = self.opened + 1
        asked = OpenSession(self.account, session, opened, self.key_id, 1, gate, after)
        (granted,) = await self.venue.asset.submit([asked], wait_result=False)
        assert isinstance(granted, SessionGranted | Declined)
        if isinstance(granted, SessionGranted):
            self.opened = opened
        return granted

    async def say(self, seq: int, command: OrderCommand) -> OrderResult:
        """Send one command and wait for the kernel's word."""
        asked = SessionCommand(1, self.opened, seq, command)
        return (await self.venue.asset.submit([asked], wait_result=True))[0]


async def client(venue: Venue, name: str = "ann") -> Client:
    """Return a session of a user with money."""
    account = await venue.user(name, THOUSAND)
    user_id = venue.asset.ledger.owners[account]
    key = await venue.fund(CreateKeyOp(0, user_id, ("trade",), name))
    one = Client(venue, account, key.id)
    await one.open()
    return one


def reject_of(result: OrderResult) -> int:
    """Return why something was declined, 0 if it was not."""
    return result.reject if isinstance(result, Declined) else 0


async def test_what_is_sent_again_changes_nothing() -> None:
    """A cancel-all, a replacement and a reduction that are repeated late leave all as it is."""
    async with Venue().running() as venue:
        ann, market = await client(venue), await venue.market()
        first = limit(ann.account, market, Side.BUY, 3_000, 100, client_order_id="1")
        second = limit(ann.account, market, Side.BUY, 2_000, 100, client_order_id="2")
        said: list[OrderCommand] = [
            first,
            CancelAllRequest(ann.account, 0, 0),
            second,
            ReplaceRequest(ann.account, 0, "2", 2_500, 100, False),
            ReplaceRequest(ann.account, 0, "2", 2_600, 100, False),
            ReduceRequest(ann.account, 0, "2", 10),
        ]
        answers = [await ann.say(seq, one) for seq, one in enumerate(said, 1)]
        assert [reject_of(answer) for answer in answers] == [0] * 6
        before = venue.asset.ledger.shard(0).numbered
        granted = await ann.open()
        assert isinstance(granted, SessionGranted)
        assert granted.last_seq == 6
        for seq, one in enumerate(said, 1):
            again = await ann.say(seq, one)
            assert isinstance(again, OrderAccepted)
            assert again.repeated
        assert venue.asset.ledger.shard(0).numbered == before
        (order,) = venue.asset.ledger.orders.values()
        assert (order.price, order.remaining) == (2_600, 90)


async def test_what_was_refused_stays_refused() -> None:
    """Money that came later does not enter an order that was answered with no."""
    async with Venue().running() as venue:
        ann, market = await client(venue), await venue.market()
        dear = limit(ann.account, market, Side.BUY, 9_000, 1_000_000, client_order_id="1")
        cheap = limit(ann.account, market, Side.BUY, 1_000, 100, client_order_id="2")
        assert reject_of(await ann.say(1, dear)) == Reject.FUNDS_INSUFFICIENT
        assert reject_of(await ann.say(2, cheap)) == 0
        small = limit(ann.account, market, Side.BUY, 1_000, 1, client_order_id="1")
        assert reject_of(await ann.say(1, small)) == Reject.REFUSED_BEFORE
        late = await ann.say(1, CancelRequest(ann.account, 0, "2"))
        assert reject_of(late) == Reject.REFUSED_BEFORE
        assert len(venue.asset.ledger.orders) == 1


async def test_a_number_is_not_given_to_another_order() -> None:
    """An order under a number that was taken by something else is out of sequence, not taken."""
    async with Venue().running() as venue:
        ann, market = await client(venue), await venue.market()
        terms = (ann.account, market, Side.BUY, 1_000, 100)
        assert reject_of(await ann.say(1, limit(*terms, client_order_id="1"))) == 0
        other = await ann.say(1, limit(*terms, client_order_id="2"))
        assert reject_of(other) == Reject.OUT_OF_SEQUENCE
        changed = limit(*terms[:3], 1_100, 100, client_order_id="1")
        assert reject_of(await ann.say(1, changed)) == Reject.CLIENT_ORDER_ID_REUSED
        assert len(venue.asset.ledger.orders) == 1


async def test_commands_of_an_older_connection_come_too_late() -> None:
    """Once a session is opened again, or closed, what its older connection sent is refused."""
    async with Venue().running() as venue:
        ann, market = await client(venue), await venue.market()
        order = limit(ann.account, market, Side.BUY, 1_000, 100, client_order_id="1")
        older = ann.opened
        await ann.open()
        newer, ann.opened = ann.opened, older
        assert reject_of(await ann.say(1, order)) == Reject.SESSION_MOVED
        ann.opened = newer + 1
        assert reject_of(await ann.open(after=older)) == Reject.SESSION_MOVED
        ann.opened = newer
        assert reject_of(await ann.say(1, order)) == 0
        await ann.open(after=newer)
        ann.opened = newer
        assert reject_of(await ann.say(2, order)) == Reject.SESSION_MOVED


async def test_opening_a_session_may_be_repeated() -> None:
    """The same connection opens it once, also if the first answer was lost; nothing is recorded."""
    async with Venue().running() as venue:
        ann, market = await client(venue), await venue.market()
        opened, ann.opened = ann.opened, ann.opened - 1
        await ann.open()
        ann.opened -= 1
        await ann.open(after=17)
        assert ann.opened == opened
        order = limit(ann.account, market, Side.BUY, 1_000, 100, client_order_id="1")
        assert reject_of(await ann.say(1, order)) == 0


async def test_a_session_ends_with_its_key() -> None:
    """A key that was rotated or revoked opens nothing, and commands nothing more."""
    async with Venue().running() as venue:
        ann, bob = await client(venue), await client(venue, "bob")
        for one, op in ((ann, RotateKeyOp), (bob, RevokeKeyOp)):
            assert reject_of(await one.say(1, CancelAllRequest(one.account, 0, 0))) == 0
            await venue.fund(op(0, venue.asset.ledger.owners[one.account], one.key_id))
            told = await one.say(2, CancelAllRequest(one.account, 0, 0))
            assert reject_of(told) == Reject.KEY_INVALID
            granted = await one.open()
            assert isinstance(granted, Declined)
            assert granted.reject == Reject.KEY_INVALID


async def test_sessions_and_what_they_remember_are_bounded() -> None:
    """A number beyond the bound opens nothing; of refusals the newest ranges are kept."""
    async with Venue().running() as venue:
        ann = await client(venue)
        assert reject_of(await ann.open(session=SESSION_LIMIT)) == Reject.FIELD_INVALID
        for seq in range(2, 2 * REFUSED_MAX + 22, 2):
            assert reject_of(await ann.say(seq, CancelAllRequest(ann.account, 0, 0))) == 0
        session = venue.asset.ledger.sessions[ann.account, 1]
        assert len(session.refused) == REFUSED_MAX
        assert session.refused[-1] == (session.last_seq - 1, session.last_seq - 1)


async def test_orders_go_when_their_gateway_begins_anew() -> None:
    """Those of sessions that wanted it, and of that gateway; nobody else's."""
    async with Venue().running() as venue:
        ann, bob, market = await client(venue), await client(venue, "bob"), await venue.market()
        await ann.open("here:1")
        await bob.open("there:1")
        for seq in range(1, 6):
            for one in (ann, bob):
                order = limit(one.account, market, Side.BUY, 1_000, 10, client_order_id=str(seq))
                assert reject_of(await one.say(seq, order)) == 0
        await venue.placed(limit(ann.account, market, Side.BUY, 1_000, 10))
        gone: list[int] = []
        for _ in range(4):
            asked = CancelUnattended("here:1", 2)
            (result,) = await venue.asset.submit([asked], wait_result=True)
            assert isinstance(result, CancelAccepted)
            gone += result.order_ids
        assert len(gone) == 5
        left = [order.account for order in venue.asset.ledger.orders.values()]
        assert sorted(left) == sorted([ann.account] + [bob.account] * 5)


async def test_the_log_knows_what_sessions_sent() -> None:
    """Random repeats over restarts: a replay has the same state, and each command counts once."""
    random = Random(56)
    venue = Venue()
    async with venue.running():
        ann, market = await client(venue), await venue.market()
    said: list[OrderCommand] = []
    state = Session()
    for turn in range(6):
        async with venue.running():
            ann.venue = venue
            granted = await ann.open()
            assert isinstance(granted, SessionGranted)
            assert granted.last_seq <= len(said)
            start = random.randint(0, len(said))
            for _ in range(10):
                named = str(len(said) + 1)
                qty = 10**9 if random.random() < 0.3 else 10
                order = limit(ann.account, market, Side.BUY, 1_000, qty, client_order_id=named)
                said.append(order if random.random() < 0.8 else CancelAllRequest(ann.account, 0, 0))
            requests = [
                SessionCommand(1, ann.opened, seq, said[seq - 1])
                for seq in range(start + 1, len(said) + 1)
            ]
            await venue.asset.submit(requests, wait_result=True)
            state = venue.asset.ledger.sessions[ann.account, 1]
        async with venue.running():
            assert venue.asset.ledger.sessions[ann.account, 1] == state, turn
    taken = [seq for seq in range(1, state.last_seq + 1) if not was_refused(state, seq)]
    orders = {str(seq) for seq in taken if isinstance(said[seq - 1], PlaceRequest)}
    assert orders == {name for _, name in venue.asset.ledger.client_orders}
    assert 0 < len(orders) < len(said)
