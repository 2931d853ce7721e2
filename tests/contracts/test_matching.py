"""Settling: what moves, and each reason for which a leg fails."""

import pytest
from tests.contracts.reasons import Refusal, Why, leg_fails, refuses
from tests.contracts.world import BUY, RICH, SELL, UNIT, Fill, Market, World

from outcry.adapters.evm.signer import Signer


QTY, CASH = 10 * UNIT, 4 * UNIT
REST = QTY - CASH


class Scene:
    """A market, a taker and makers who hold money and both tokens."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.market: Market = world.market()
        self.taker, self.maker, self.other = (world.person(n) for n in range(3))
        for one in (self.taker, self.maker, self.other):
            world.split(one, self.market, 1000 * UNIT)

    def holdings(self, one: Signer) -> tuple[int, int, int]:
        """Return money, YES and NO of somebody, less what they began with."""
        money = self.world.escrow(one) - RICH + 1000 * UNIT
        yes, no = (self.world.escrow(one, t) for t in (self.market.yes, self.market.no))
        return money, yes - 1000 * UNIT, no - 1000 * UNIT

    def collected(self) -> int:
        """Return what the fee account has."""
        return self.world.escrow(self.world.fees)


@pytest.fixture
def scene(world: World) -> Scene:
    """Return people who can trade."""
    return Scene(world)


def test_transfer_to_a_buyer(world: World, scene: Scene) -> None:
    """A buyer's money goes to the seller and the tokens come back; fees are on top and off."""
    taker = world.order(scene.taker, BUY, scene.market.yes, QTY, CASH)
    maker = world.order(scene.maker, SELL, scene.market.yes, QTY, CASH)
    world.match(taker, [maker], [Fill(QTY, CASH, 3000, 2000)])
    assert scene.holdings(scene.taker) == (-CASH - 3000, QTY, 0)
    assert scene.holdings(scene.maker) == (CASH - 2000, -QTY, 0)
    assert scene.collected() == 5000


def test_transfer_from_a_seller(world: World, scene: Scene) -> None:
    """A seller who takes pays the fee out of the proceeds; the maker's rebate comes from it."""
    taker = world.order(scene.taker, SELL, scene.market.no, QTY, CASH)
    maker = world.order(scene.maker, BUY, scene.market.no, QTY, CASH)
    world.match(taker, [maker], [Fill(QTY, CASH, 3000, -1000)])
    assert scene.holdings(scene.taker) == (CASH - 3000, 0, -QTY)
    assert scene.holdings(scene.maker) == (-CASH + 1000, 0, QTY)
    assert scene.collected() == 2000


def test_mint(world: World, scene: Scene) -> None:
    """Two buyers of different outcomes pay for a complete set and share it."""
    taker = world.order(scene.taker, BUY, scene.market.yes, QTY, CASH)
    maker = world.order(scene.maker, BUY, scene.market.no, QTY, REST)
    world.match(taker, [maker], [Fill(QTY, REST)])
    assert scene.holdings(scene.taker) == (-CASH, QTY, 0)
    assert scene.holdings(scene.maker) == (-REST, 0, QTY)


def test_merge(world: World, scene: Scene) -> None:
    """Two sellers of different outcomes give up a complete set and share what it is worth."""
    taker = world.order(scene.taker, SELL, scene.market.no, QTY, CASH)
    maker = world.order(scene.maker, SELL, scene.market.yes, QTY, REST)
    world.match(taker, [maker], [Fill(QTY, REST)])
    assert scene.holdings(scene.taker) == (CASH, 0, -QTY)
    assert scene.holdings(scene.maker) == (REST, -QTY, 0)


def test_a_trade_of_two_kinds_and_generations(world: World, scene: Scene) -> None:
    """Makers of one trade may sell the taker's token or buy the other, in either generation."""
    market = scene.market
    taker = world.order(scene.taker, BUY, market.yes, 2 * QTY, 2 * CASH, version=2)
    seller = world.order(scene.maker, SELL, market.yes, QTY, CASH, version=1)
    buyer = world.order(scene.other, BUY, market.no, QTY, REST, version=1)
    world.match(taker, [seller, buyer], [Fill(QTY, CASH, 100, 50), Fill(QTY, REST, 100, -100)])
    assert scene.holdings(scene.taker) == (-2 * CASH - 200, 2 * QTY, 0)
    assert scene.holdings(scene.maker) == (CASH - 50, -QTY, 0)
    assert scene.holdings(scene.other) == (-REST + 100, 0, QTY)
    assert scene.collected() == 150


def test_events(world: World, scene: Scene) -> None:
    """Each maker, the taker as a whole, and the trade are told, with what each gave and paid."""
    market = scene.market
    taker = world.order(scene.taker, BUY, market.yes, 2 * QTY, 2 * CASH)
    seller = world.order(scene.maker, SELL, market.yes, QTY, CASH)
    buyer = world.order(scene.other, BUY, market.no, QTY, REST)
    fills = [Fill(QTY, CASH, 100, 50), Fill(QTY, REST, 100, -70)]
    world.match(taker, [seller, buyer], fills, trade=7 << 8)
    told = [
        (e.values["orderHash"], e.values["kind"], e.values["qty"], e.values["cash"])
        for e in world.events[:-1]
    ]
    assert told == [
        (world.digest(seller), 0, QTY, CASH),
        (world.digest(buyer), 1, QTY, REST),
        (world.digest(taker), 3, 2 * QTY, 2 * CASH),
    ]
    assert [e.values["fee"] for e in world.events[:-1]] == [50, -70, 200]
    assert world.events[-1] == ("Settled", {"tradeId": 7 << 8})


def test_a_better_price_is_the_takers(world: World, scene: Scene) -> None:
    """A taker gets what the maker asked for, not what the taker would have paid."""
    taker = world.order(scene.taker, BUY, scene.market.yes, QTY, QTY - 1)
    maker = world.order(scene.maker, SELL, scene.market.yes, QTY, CASH)
    world.match(taker, [maker], [Fill(QTY, CASH)])
    assert scene.holdings(scene.taker) == (-CASH, QTY, 0)


def test_buying_for_money(world: World, scene: Scene) -> None:
    """An order for $10 at 0.52 as clients round it is filled at exactly that price."""
    taker = world.order(scene.taker, BUY, scene.market.yes, 19_230_700, 10_000_000)
    maker = world.order(scene.maker, SELL, scene.market.yes, 19_230_700, 9_999_964)
    world.match(taker, [maker], [Fill(19_230_000, 9_999_600)])
    assert scene.holdings(scene.taker) == (-9_999_600, 19_230_000, 0)


def test_hash_is_the_order_id(world: World, scene: Scene) -> None:
    """What the contract hashes is what clients sign, in both generations."""
    for version in (1, 2):
        order = world.order(scene.taker, BUY, scene.market.yes, QTY, CASH, version=version)
        assert world.ask("hashOrder", order) == world.digest(order)


# -- each part of a trade once --------------------------------------------------------------


def test_a_part_settles_once(world: World, scene: Scene) -> None:
    """A part of a trade settles once, whatever the second try carries; other parts settle."""
    taker = world.order(scene.taker, BUY, scene.market.yes, 3 * QTY, 3 * CASH)
    maker = world.order(scene.maker, SELL, scene.market.yes, 3 * QTY, 3 * CASH)
    number = (1 << 48 | 77) << 8
    world.match(taker, [maker], [Fill(QTY, CASH)], trade=number)
    with refuses(Refusal.DONE_ALREADY):
        world.match(taker, [maker], [Fill(QTY, CASH + 1)], trade=number)
    world.match(taker, [maker], [Fill(QTY, CASH)], trade=number | 1)
    assert world.ask("isSettled", number)
    assert world.ask("isSettled", number | 1)


@pytest.mark.parametrize("other", [2, 1 << 8, 255 << 8, 256 << 8, 1 << 16, 1 << 56, 1 << 255])
def test_numbers_do_not_meet(world: World, scene: Scene, other: int) -> None:
    """Trade numbers that differ anywhere have marks of their own."""
    number = (3 << 48 | 512) << 8 | 1
    taker = world.order(scene.taker, BUY, scene.market.yes, QTY, CASH)
    maker = world.order(scene.maker, SELL, scene.market.yes, QTY, CASH)
    world.match(taker, [maker], [Fill(QTY, CASH)], trade=number)
    assert not world.ask("isSettled", number ^ other)


# -- reasons --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "changed",
    [
        {"version": 0},
        {"version": 3},
        {"side": 2},
        {"maker_amount": 0},
        {"taker_amount": 0},
        {"maker_amount": 2**127},
        {"taker_amount": 2**256 - 1},
        {"extra": (1, 0, 0, 1)},
    ],
)
@pytest.mark.parametrize("leg", [0, 1])
def test_shape_of_orders(world: World, scene: Scene, changed: dict[str, object], leg: int) -> None:
    """An order with a generation, side or amount that is none fails for its shape."""
    taker = world.order(scene.taker, BUY, scene.market.yes, QTY, CASH)
    maker = world.order(scene.maker, SELL, scene.market.yes, QTY, CASH)
    if leg == 0:
        taker = taker._replace(**changed)  # type: ignore[arg-type]
    else:
        maker = maker._replace(**changed)  # type: ignore[arg-type]
    with leg_fails(leg, Why.SHAPE):
        world.match(taker, [maker], [Fill(QTY, CASH)])


@pytest.mark.parametrize("fill", [Fill(0, 1), Fill(1, 0), Fill(2**127, 1), Fill(1, 2**255)])
def test_shape_of_fills(world: World, scene: Scene, fill: Fill) -> None:
    """A fill of nothing, for nothing, or beyond all amounts fails for its shape."""
    taker = world.order(scene.taker, BUY, scene.market.yes, QTY, CASH)
    maker = world.order(scene.maker, SELL, scene.market.yes, QTY, CASH)
    with leg_fails(1, Why.SHAPE):
        world.match(taker, [maker], [fill])


def test_nothing_left_for_the_taker(world: World, scene: Scene) -> None:
    """A maker of a complete set who pays all of it, or more, fails for the shape."""
    taker = world.order(scene.taker, BUY, scene.market.yes, QTY, CASH)
    maker = world.order(scene.maker, BUY, scene.market.no, QTY, 2 * QTY)
    for cash in (QTY, QTY + 1):
        with leg_fails(1, Why.SHAPE):
            world.match(taker, [maker], [Fill(QTY, cash)])


@pytest.mark.parametrize("count", [0, 2])
def test_one_fill_for_each_maker(world: World, scene: Scene, count: int) -> None:
    """Makers and fills are as many, and at least one."""
    taker = world.order(scene.taker, BUY, scene.market.yes, QTY, CASH)
    maker = world.order(scene.maker, SELL, scene.market.yes, QTY, CASH)
    with refuses(Refusal.FILL_COUNT):
        world.match(taker, [maker] if count else [], [Fill(QTY, CASH)] * count)


def test_twenty_makers_and_no_more(world: World, scene: Scene) -> None:
    """Twenty makers settle in one call; twenty-one are not even read."""
    taker = world.order(scene.taker, BUY, scene.market.yes, 30 * UNIT, 30 * UNIT - 1)
    makers = [world.order(scene.maker, SELL, scene.market.yes, UNIT, UNIT // 2) for _ in range(21)]
    fills = [Fill(UNIT, UNIT // 2)] * 21
    world.match(taker, makers[:20], fills[:20])
    with pytest.raises(Exception, match=r"\(\)"):
        world.match(taker, makers, fills)


def test_prices_of_makers(world: World, scene: Scene) -> None:
    """A maker is never given a price worse than signed, by as little as one atomic unit."""
    taker = world.order(scene.taker, BUY, scene.market.yes, QTY, QTY - 1)
    seller = world.order(scene.maker, SELL, scene.market.yes, QTY, CASH)
    with leg_fails(1, Why.LIMIT):
        world.match(taker, [seller], [Fill(QTY, CASH - 1)])
    buyer = world.order(scene.other, BUY, scene.market.no, QTY, REST)
    fills = [Fill(QTY // 2, CASH // 2), Fill(QTY // 2, REST // 2 + 1)]
    with leg_fails(2, Why.LIMIT):
        world.match(taker, [seller, buyer], fills)


def test_price_of_the_taker_holds_for_each_fill(world: World, scene: Scene) -> None:
    """A good fill does not pay for a bad one: the taker's limit is each fill's."""
    taker = world.order(scene.taker, BUY, scene.market.yes, 2 * QTY, 2 * CASH)
    cheap = world.order(scene.maker, SELL, scene.market.yes, QTY, 1)
    dear = world.order(scene.other, SELL, scene.market.yes, QTY, CASH)
    fills = [Fill(QTY, CASH - 1000), Fill(QTY, CASH + 1000)]
    with leg_fails(2, Why.TAKER_LIMIT):
        world.match(taker, [cheap, dear], fills)


def test_taker_of_a_set_has_a_limit(world: World, scene: Scene) -> None:
    """In a mint the taker pays what the maker does not, within the taker's limit."""
    taker = world.order(scene.taker, BUY, scene.market.yes, QTY, CASH)
    maker = world.order(scene.maker, BUY, scene.market.no, QTY, REST)
    with leg_fails(1, Why.TAKER_LIMIT):
        world.match(taker, [maker], [Fill(QTY, REST - 1)])


@pytest.mark.parametrize("side", [BUY, SELL])
def test_makers_are_not_overfilled(world: World, scene: Scene, side: int) -> None:
    """A maker's order never gives more than it was signed for, over several trades."""
    anything = 9 * QTY - 1 if side == SELL else 1
    taker = world.order(scene.taker, 1 - side, scene.market.yes, 9 * QTY, anything)
    maker = world.order(scene.maker, side, scene.market.yes, QTY, CASH)
    half = (QTY // 2, CASH // 2)
    rest = (half[0] - 2, half[1]) if side == SELL else (half[0], half[1] - 1)
    world.match(taker, [maker], [Fill(*half)])
    world.match(taker, [maker], [Fill(*rest)])
    with leg_fails(1, Why.OVERFILLED):
        world.match(taker, [maker], [Fill(3, 2)] if side == SELL else [Fill(5, 2)])
    given = world.ask("used", world.digest(maker))
    assert given == (QTY - 2 if side else CASH - 1)


def test_a_maker_twice_in_one_trade_is_not_overfilled(world: World, scene: Scene) -> None:
    """The same order as two makers of a trade has one amount."""
    taker = world.order(scene.taker, BUY, scene.market.yes, 2 * QTY, 2 * QTY - 1)
    maker = world.order(scene.maker, SELL, scene.market.yes, QTY, CASH)
    with leg_fails(2, Why.OVERFILLED):
        world.match(taker, [maker, maker], [Fill(QTY, CASH), Fill(2, 1)])


def test_takers_are_not_overfilled(world: World, scene: Scene) -> None:
    """A taker's order never gives more than it was signed for, in one trade or over several."""
    taker = world.order(scene.taker, BUY, scene.market.yes, QTY, CASH)
    one = world.order(scene.maker, SELL, scene.market.yes, QTY, 1)
    two = world.order(scene.other, SELL, scene.market.yes, QTY, 1)
    with leg_fails(0, Why.OVERFILLED):
        world.match(taker, [one, two], [Fill(QTY, CASH), Fill(QTY, 1)])
    world.match(taker, [one], [Fill(QTY, CASH)])
    with leg_fails(0, Why.OVERFILLED):
        world.match(taker, [two], [Fill(QTY, 1)])


def test_fills_beyond_all_amounts_do_not_wrap(world: World, scene: Scene) -> None:
    """Fills that sum up to more than a slot can count are more than was signed."""
    most = 2**127 - 1
    taker = world.order(scene.taker, SELL, scene.market.yes, most, 1)
    makers = [world.order(scene.maker, BUY, scene.market.yes, most, 1) for _ in range(3)]
    with leg_fails(0, Why.OVERFILLED):
        world.match(taker, makers, [Fill(most, 1)] * 3)


def test_fee_of_the_taker(world: World, scene: Scene) -> None:
    """A taker's fee is at most a tenth of the leg, rounded up, and never a gift."""
    maker = world.order(scene.maker, SELL, scene.market.yes, QTY, 1)
    taker = world.order(scene.taker, BUY, scene.market.yes, QTY, CASH)
    for fee in (102, -1, 2**255 - 1, -(2**255)):
        with leg_fails(0, Why.FEE):
            world.match(taker, [maker], [Fill(UNIT, 1001, fee)])
    world.match(taker, [maker], [Fill(UNIT, 1001, 101)])


def test_fee_of_the_maker(world: World, scene: Scene) -> None:
    """A maker's fee has the same cap; a rebate is at most the taker's fee of the same fill."""
    taker = world.order(scene.taker, BUY, scene.market.yes, QTY, CASH)
    maker = world.order(scene.maker, SELL, scene.market.yes, QTY, 1)
    for fees in ((0, 102), (50, -51), (0, -1), (0, 2**255 - 1), (50, -(2**255))):
        with leg_fails(1, Why.FEE):
            world.match(taker, [maker], [Fill(UNIT, 1001, *fees)])
    other = world.order(scene.other, SELL, scene.market.yes, QTY, 1)
    with leg_fails(2, Why.FEE):  # another fill's fee pays for nothing
        fills = [Fill(UNIT, 1001, 101, 0), Fill(UNIT, 1001, 0, -1)]
        world.match(taker, [maker, other], fills)
    world.match(taker, [maker], [Fill(UNIT, 1001, 50, -50)])


def test_fee_rate_that_was_signed(world: World, scene: Scene) -> None:
    """An order of the first generation bears no higher fee than the rate it was signed with."""
    rate = (0, 0, 0, 200)
    maker = world.order(scene.maker, SELL, scene.market.yes, QTY, 1, version=1, extra=rate)
    taker = world.order(scene.taker, BUY, scene.market.yes, QTY, CASH, version=1, extra=rate)
    with leg_fails(0, Why.FEE):
        world.match(taker, [maker], [Fill(UNIT, 10_000, 201)])
    with leg_fails(1, Why.FEE):
        world.match(taker, [maker], [Fill(UNIT, 10_000, 200, 201)])
    world.match(taker, [maker], [Fill(UNIT, 10_000, 200, 200)])


def test_a_rebate_may_exceed_what_a_maker_pays(world: World, scene: Scene) -> None:
    """A maker of a mint at a tiny price may get more back than the leg costs."""
    taker = world.order(scene.taker, BUY, scene.market.yes, QTY, QTY - 10)
    maker = world.order(scene.maker, BUY, scene.market.no, QTY, 10)
    world.match(taker, [maker], [Fill(QTY, 10, 5000, -5000)])
    assert scene.holdings(scene.maker) == (4990, 0, QTY)


def test_tokens_that_do_not_match(world: World, scene: Scene) -> None:
    """Same side of one token, different sides of two, or another market's token: no match."""
    market, other = scene.market, world.market(2)
    taker = world.order(scene.taker, BUY, market.yes, QTY, CASH)
    for side, token in ((BUY, market.yes), (SELL, market.no), (BUY, other.no), (SELL, other.yes)):
        maker = world.order(scene.maker, side, token, QTY, CASH)
        with leg_fails(1, Why.TOKEN):
            world.match(taker, [maker], [Fill(QTY, CASH)])


def test_collateral_is_no_token(world: World, scene: Scene) -> None:
    """Token 0 is how collateral is named; nobody can buy collateral for collateral."""
    taker = world.order(scene.taker, BUY, 0, QTY, 1)
    maker = world.order(scene.maker, SELL, 0, QTY, 1)
    with leg_fails(0, Why.TOKEN):
        world.match(taker, [maker], [Fill(QTY, 1)])


def test_tokens_nobody_registered(world: World, scene: Scene) -> None:
    """Tokens without a registered condition cannot be minted."""
    taker = world.order(scene.taker, BUY, 12345, QTY, CASH)
    maker = world.order(scene.maker, BUY, 54321, QTY, REST)
    with leg_fails(1, Why.TOKEN):
        world.match(taker, [maker], [Fill(QTY, REST)])


def test_no_money(world: World, scene: Scene) -> None:
    """Who cannot pay price and fee fails for it, taker or maker, by one atomic unit."""
    poor = world.person(9, CASH)
    order = world.order(poor, BUY, scene.market.yes, QTY, 2 * CASH)
    seller = world.order(scene.maker, SELL, scene.market.yes, QTY, CASH)
    with leg_fails(0, Why.NO_CASH):
        world.match(order, [seller], [Fill(QTY, CASH, 1)])
    taker = world.order(scene.taker, SELL, scene.market.yes, QTY, CASH)
    with leg_fails(1, Why.NO_CASH):
        world.match(taker, [order], [Fill(QTY, CASH + 1)])
    world.match(taker, [order], [Fill(QTY, CASH)])
    assert world.escrow(poor) == 0


def test_no_tokens(world: World, scene: Scene) -> None:
    """Who does not hold what is sold fails for it, taker or maker."""
    empty = world.person(9)
    order = world.order(empty, SELL, scene.market.yes, QTY, CASH)
    buyer = world.order(scene.maker, BUY, scene.market.yes, QTY, CASH)
    with leg_fails(0, Why.NO_TOKENS):
        world.match(order, [buyer], [Fill(QTY, CASH)])
    taker = world.order(scene.taker, BUY, scene.market.yes, QTY, CASH)
    with leg_fails(1, Why.NO_TOKENS):
        world.match(taker, [order], [Fill(QTY, CASH)])


def test_orders_for_somebody_else(world: World, scene: Scene) -> None:
    """An order of the first generation that names a taker is for this operator or nobody."""
    for named, good in ((scene.other.address, False), (world.operator.address, True)):
        extra = (int.from_bytes(named), 0, 0, 1000)
        taker = world.order(scene.taker, BUY, scene.market.yes, QTY, CASH, version=1, extra=extra)
        maker = world.order(scene.maker, SELL, scene.market.yes, QTY, CASH)
        if good:
            world.match(taker, [maker], [Fill(QTY, CASH)])
            continue
        with leg_fails(0, Why.NOT_FOR_US):
            world.match(taker, [maker], [Fill(QTY, CASH)])


def test_expiry(world: World, scene: Scene) -> None:
    """What was matched before its expiry may settle ten minutes later, and no second more."""
    extra = (0, world.now, 0, 1000)
    taker = world.order(scene.taker, BUY, scene.market.yes, QTY, CASH, version=1, extra=extra)
    maker = world.order(scene.maker, SELL, scene.market.yes, QTY, CASH)
    world.wait(600)
    world.match(taker, [maker], [Fill(QTY // 2, CASH // 2)])
    world.wait(1)
    with leg_fails(0, Why.EXPIRED):
        world.match(taker, [maker], [Fill(QTY // 2, CASH // 2)])


def test_expiry_beyond_all_time(world: World, scene: Scene) -> None:
    """An expiry of the largest number is no expiry, not an overflow."""
    extra = (0, 2**256 - 1, 0, 1000)
    taker = world.order(scene.taker, BUY, scene.market.yes, QTY, CASH, version=1, extra=extra)
    maker = world.order(scene.maker, SELL, scene.market.yes, QTY, CASH)
    world.match(taker, [maker], [Fill(QTY, CASH)])


def test_nonce(world: World, scene: Scene) -> None:
    """A raised nonce counts after the delay, and not before: nobody can take back a match."""
    old = world.order(scene.maker, SELL, scene.market.yes, QTY, CASH, version=1)
    new = world.order(
        scene.maker, SELL, scene.market.yes, QTY, CASH, version=1, extra=(0, 0, 1, 1000)
    )
    taker = world.order(scene.taker, BUY, scene.market.yes, 9 * QTY, 9 * CASH)
    world.do(scene.maker, "raiseNonce")
    assert world.events[0].values["effectiveAt"] == world.now + 3600
    with refuses(Refusal.TOO_EARLY):
        world.do(scene.maker, "raiseNonce")
    with leg_fails(1, Why.NONCE):
        world.match(taker, [new], [Fill(UNIT, CASH // 10)])
    world.wait(3599)
    world.match(taker, [old], [Fill(UNIT, CASH // 10)])
    world.wait(1)
    assert world.ask("nonceOf", scene.maker.address) == 1
    with leg_fails(1, Why.NONCE):
        world.match(taker, [old], [Fill(UNIT, CASH // 10)])
    world.match(taker, [new], [Fill(UNIT, CASH // 10)])


def test_revoked_orders(world: World, scene: Scene) -> None:
    """A revoked order settles until the delay has passed, then never; revoking is the maker's."""
    order = world.order(scene.maker, SELL, scene.market.yes, QTY, CASH)
    taker = world.order(scene.taker, BUY, scene.market.yes, QTY, CASH)
    with refuses(Refusal.NOT_YOURS):
        world.do(scene.other, "revokeOrder", order)
    world.do(scene.maker, "revokeOrder", order)
    with refuses(Refusal.DONE_ALREADY):
        world.do(scene.maker, "revokeOrder", order)
    world.wait(3599)
    world.match(taker, [order], [Fill(QTY // 2, CASH // 2)])
    assert world.ask("used", world.digest(order)) == QTY // 2
    world.wait(1)
    with leg_fails(1, Why.REVOKED):
        world.match(taker, [order], [Fill(QTY // 2, CASH // 2)])


def test_a_failed_leg_changes_nothing(world: World, scene: Scene) -> None:
    """When any leg fails nothing has moved, and the same part may settle without it."""
    good = world.order(scene.maker, SELL, scene.market.yes, QTY, CASH)
    bad = world.order(scene.other, SELL, scene.market.yes, QTY, 2 * CASH)
    taker = world.order(scene.taker, BUY, scene.market.yes, QTY, CASH)
    half = Fill(QTY // 2, CASH // 2)
    with leg_fails(2, Why.LIMIT):
        world.match(taker, [good, bad], [half, half], trade=5 << 8)
    assert scene.holdings(scene.maker) == (0, 0, 0)
    assert not world.ask("isSettled", 5 << 8)
    world.match(taker, [good], [half], trade=5 << 8)


def test_trading_with_oneself_moves_fees_only(world: World, scene: Scene) -> None:
    """Whoever is both sides ends with what they had, less fees: no alias makes money."""
    taker = world.order(scene.taker, BUY, scene.market.yes, QTY, CASH)
    maker = world.order(scene.taker, SELL, scene.market.yes, QTY, CASH)
    world.match(taker, [maker], [Fill(QTY, CASH, 30, 20)])
    assert scene.holdings(scene.taker) == (-50, 0, 0)
