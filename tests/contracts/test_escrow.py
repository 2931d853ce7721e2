"""Escrow: what goes in, what goes out and to whom, complete sets, and redemption."""

import pytest
from tests.contracts.needs import needs_tokens
from tests.contracts.reasons import Refusal, Why, leg_fails, refuses, reverts
from tests.contracts.world import BUY, NOBODY, SELL, START, UNIT, Fill, Market, World

from outcry.adapters.evm.signer import Signer


MONEY = 100 * UNIT


@pytest.fixture
def one(world: World) -> Signer:
    """Return a person with money in escrow."""
    return world.person(1, MONEY)


def holding(world: World, token: int = 0) -> int:
    """Return what the contract itself holds."""
    if token:
        return int(world.view(world.ctf, "balanceOf", world.settlement.address, token))
    return int(world.view(world.collateral, "balanceOf", world.settlement.address))


def purse(world: World, who: bytes, token: int = 0) -> int:
    """Return what somebody holds outside of the escrow."""
    if token:
        return int(world.view(world.ctf, "balanceOf", who, token))
    return int(world.view(world.collateral, "balanceOf", who))


# -- collateral in and out ------------------------------------------------------------------


def test_deposit(world: World, one: Signer) -> None:
    """Anybody may put collateral into anybody's escrow; it is told with both names."""
    assert world.events[-1].values == {
        "who": one.address,
        "asset": 0,
        "sender": world.owner.address,
        "amount": MONEY,
    }
    assert world.escrow(one) == holding(world) == world.ask("escrowed") == MONEY


def test_deposits_that_are_none(world: World, one: Signer) -> None:
    """Nothing, too much, for nobody, or what one has not: nothing is deposited."""
    for who, amount, why in (
        (one.address, 0, Refusal.AMOUNT),
        (one.address, 2**127, Refusal.AMOUNT),
        (NOBODY, 1, Refusal.NOBODY),
    ):
        with refuses(why):
            world.do(world.owner, "deposit", who, amount)
    with reverts():
        world.do(one, "deposit", one.address, 1)
    assert world.ask("escrowed") == MONEY


def test_exit_after_the_delay(world: World, one: Signer) -> None:
    """Who announced an exit takes it out after the delay, without the operator, once."""
    world.do(one, "requestExit", 0, 30 * UNIT)
    assert world.events[0].values["readyAt"] == START + 3600
    world.wait(3599)
    with refuses(Refusal.TOO_EARLY):
        world.do(one, "exit", 0)
    world.wait(1)
    world.do(one, "exit", 0)
    assert world.events[0] == ("Exited", {"who": one.address, "asset": 0, "amount": 30 * UNIT})
    assert purse(world, one.address) == 30 * UNIT
    assert world.escrow(one) == holding(world) == world.ask("escrowed") == 70 * UNIT
    with refuses(Refusal.NOTHING):
        world.do(one, "exit", 0)


def test_a_second_request_replaces_the_first(world: World, one: Signer) -> None:
    """A new request begins its delay anew, and one of nothing takes the request back."""
    world.do(one, "requestExit", 0, MONEY)
    world.wait(3600)
    world.do(one, "requestExit", 0, UNIT)
    with refuses(Refusal.TOO_EARLY):
        world.do(one, "exit", 0)
    world.do(one, "requestExit", 0, 0)
    world.wait(3600)
    with refuses(Refusal.NOTHING):
        world.do(one, "exit", 0)


def test_exit_of_more_than_there_is(world: World, one: Signer) -> None:
    """Nobody announces more than they have, and what was spent since stays spent."""
    with refuses(Refusal.NOT_ENOUGH):
        world.do(one, "requestExit", 0, MONEY + 1)
    world.do(one, "requestExit", 0, MONEY)
    world.do(world.operator, "payOut", 1, one.address, 0, 60 * UNIT)
    world.wait(3600)
    world.do(one, "exit", 0)
    assert world.events[0].values["amount"] == 40 * UNIT
    assert purse(world, one.address) == MONEY


def test_a_match_outlives_an_exit_request(world: World, one: Signer) -> None:
    """Until the delay has passed what was matched settles, whatever its maker announces."""
    market, other = world.market(), world.person(2)
    world.split(other, market, 10 * UNIT)
    taker = world.order(other, SELL, market.yes, 10 * UNIT, 9 * UNIT)
    maker = world.order(one, BUY, market.yes, 10 * UNIT, 9 * UNIT)
    world.do(one, "requestExit", 0, MONEY)
    world.do(one, "revokeOrder", maker)
    world.wait(3599)
    with refuses(Refusal.TOO_EARLY):
        world.do(one, "exit", 0)
    world.match(taker, [maker], [Fill(10 * UNIT, 9 * UNIT)])
    assert world.escrow(one, market.yes) == 10 * UNIT


def test_pay_out(world: World, one: Signer) -> None:
    """The operator pays an account's escrow to the account itself, each withdrawal once."""
    world.do(world.operator, "payOut", 255, one.address, 0, UNIT)
    assert world.events[0].values["withdrawalId"] == 255
    assert purse(world, one.address) == UNIT
    with refuses(Refusal.DONE_ALREADY):
        world.do(world.operator, "payOut", 255, one.address, 0, UNIT)
    world.do(world.operator, "payOut", 256, one.address, 0, UNIT)
    with refuses(Refusal.NOT_ENOUGH):
        world.do(world.operator, "payOut", 1, one.address, 0, MONEY)
    with refuses(Refusal.NOT_OPERATOR):
        world.do(one, "payOut", 2, one.address, 0, UNIT)


# -- tokens ---------------------------------------------------------------------------------


def outside(world: World, who: Signer, market: Market, amount: int) -> None:
    """Give somebody both tokens of a market outside of the escrow."""
    world.call(world.owner, world.collateral, "mint", who.address, amount)
    world.call(who, world.collateral, "approve", world.ctf.address, amount)
    split = (world.collateral.address, bytes(32), market.condition, [1, 2], amount)
    world.call(who, world.ctf, "splitPosition", *split)
    world.call(who, world.ctf, "setApprovalForAll", world.settlement.address, True)


def test_deposit_and_exit_of_tokens(world: World, one: Signer) -> None:
    """Outcome tokens go in by `depositToken` and out as collateral does."""
    market = world.market()
    outside(world, one, market, 9 * UNIT)
    world.do(one, "depositToken", one.address, market.no, 9 * UNIT)
    assert world.escrow(one, market.no) == holding(world, market.no) == 9 * UNIT
    world.do(one, "requestExit", market.no, 4 * UNIT)
    world.wait(3600)
    world.do(one, "exit", market.no)
    world.do(world.operator, "payOut", 1, one.address, market.no, UNIT)
    assert purse(world, one.address, market.no) == 5 * UNIT
    assert world.escrow(one, market.no) == holding(world, market.no) == 4 * UNIT


def test_tokens_that_are_not_ours(world: World, one: Signer) -> None:
    """Only tokens of registered conditions are taken."""
    with refuses(Refusal.UNKNOWN):
        world.do(one, "depositToken", one.address, 12345, UNIT)
    with refuses(Refusal.UNKNOWN):
        world.do(one, "depositToken", one.address, 0, UNIT)


def test_stray_tokens_bounce(world: World, one: Signer) -> None:
    """Tokens that are sent to the contract without `depositToken` are not taken."""
    market = world.market()
    outside(world, one, market, 9 * UNIT)
    send = (one.address, world.settlement.address)
    with refuses(Refusal.STRAY):
        world.call(one, world.ctf, "safeTransferFrom", *send, market.yes, UNIT, b"")
    both = [market.yes, market.no]
    with refuses(Refusal.STRAY):
        world.call(one, world.ctf, "safeBatchTransferFrom", *send, both, [UNIT, UNIT], b"")
    for hook in ("onERC1155Received", "onERC1155BatchReceived"):
        ids = (1, 1) if hook == "onERC1155Received" else ([1], [1])
        with refuses(Refusal.STRAY):  # not even when the contract is named as who sends
            world.do(one, hook, world.settlement.address, one.address, *ids, b"")


# -- complete sets --------------------------------------------------------------------------


def test_split_and_merge(world: World, one: Signer) -> None:
    """The operator turns an account's collateral into complete sets and back, each order once."""
    market = world.market()
    world.do(world.operator, "splitFor", 1, one.address, market.condition, 30 * UNIT)
    assert world.escrow(one) == world.ask("escrowed") == holding(world) == 70 * UNIT
    assert world.escrow(one, market.yes) == world.escrow(one, market.no) == 30 * UNIT
    world.do(world.operator, "mergeFor", 2, one.address, market.condition, 10 * UNIT)
    assert world.escrow(one) == world.ask("escrowed") == holding(world) == 80 * UNIT
    assert holding(world, market.yes) == holding(world, market.no) == 20 * UNIT
    for name in ("splitFor", "mergeFor"):
        with refuses(Refusal.DONE_ALREADY):
            world.do(world.operator, name, 2, one.address, market.condition, UNIT)
        with refuses(Refusal.NOT_OPERATOR):
            world.do(one, name, 3, one.address, market.condition, UNIT)
        with refuses(Refusal.NOT_ENOUGH):
            world.do(world.operator, name, 3, one.address, market.condition, 81 * UNIT)
        with refuses(Refusal.AMOUNT):
            world.do(world.operator, name, 3, one.address, market.condition, 0)
        with refuses(Refusal.UNKNOWN):
            world.do(world.operator, name, 3, one.address, bytes(32), UNIT)


def test_register(world: World) -> None:
    """A prepared condition with two outcomes is registered by anybody; others are not."""
    market = world.market()
    assert world.events[0].values == {
        "condition": market.condition,
        "yes": market.yes,
        "no": market.no,
    }
    world.do(world.person(5, 0), "register", market.condition)
    assert world.events == []
    with refuses(Refusal.UNKNOWN):
        world.do(world.owner, "register", bytes(32))


# -- redemption -----------------------------------------------------------------------------


def resolved(world: World, market: Market, payouts: list[int]) -> None:
    """Report the payouts of a market."""
    world.call(world.oracle, world.ctf, "reportPayouts", market.question, payouts)


@pytest.mark.parametrize(
    ("payouts", "wanted"),
    [([1, 0], (30, 0)), ([0, 1], (0, 30)), ([1, 1], (15, 15)), ([3000, 7000], (9, 21))],
)
def test_redemption(world: World, one: Signer, payouts: list[int], wanted: tuple[int, int]) -> None:
    """What the escrow's tokens pay is redeemed at once and credited to each who holds some."""
    market, two = world.market(), world.person(2)
    world.split(one, market, 30 * UNIT)
    world.split(two, market, 30 * UNIT)
    world.match(
        world.order(two, BUY, market.yes, 30 * UNIT, 15 * UNIT),
        [world.order(one, SELL, market.yes, 30 * UNIT, 15 * UNIT)],
        [Fill(30 * UNIT, 15 * UNIT)],
    )
    before = world.escrow(one), world.escrow(two)
    resolved(world, market, payouts)
    world.do(two, "redeem", market.condition)
    assert world.ask("escrowed") == holding(world)
    world.do(two, "redeemFor", one.address, market.condition)
    world.do(two, "redeemFor", two.address, market.condition)
    yes, no = wanted
    got = world.escrow(one) - before[0], world.escrow(two) - before[1]
    assert got == (no * UNIT, (2 * yes + no) * UNIT)
    assert world.escrow(one, market.no) == world.escrow(two, market.yes) == 0
    with refuses(Refusal.NOTHING):
        world.do(two, "redeemFor", two.address, market.condition)
    assert world.ask("escrowed") == holding(world)


def test_what_a_redeemed_condition_allows(world: World, one: Signer) -> None:
    """After redemption no token is made, destroyed or taken in: claims stay covered."""
    market = world.market()
    world.split(one, market, 30 * UNIT)
    outside(world, one, market, UNIT)
    with refuses(Refusal.NOT_RESOLVED):
        world.do(one, "redeem", market.condition)
    with refuses(Refusal.NOT_RESOLVED):
        world.do(one, "redeemFor", one.address, market.condition)
    resolved(world, market, [1, 0])
    world.do(one, "redeem", market.condition)
    with refuses(Refusal.UNKNOWN):
        world.do(one, "redeem", market.condition)
    with refuses(Refusal.UNKNOWN):
        world.do(world.operator, "splitFor", 9, one.address, market.condition, UNIT)
    with refuses(Refusal.UNKNOWN):
        world.do(world.operator, "mergeFor", 9, one.address, market.condition, UNIT)
    world.do(one, "register", market.condition)
    assert world.ask("complementOf", market.yes) == 0
    two = world.person(2)
    for mine, other in ((market.yes, market.no), (market.no, market.yes)):
        taker = world.order(two, BUY, mine, UNIT, UNIT // 2)
        maker = world.order(one, BUY, other, UNIT, UNIT // 2)
        with leg_fails(1, Why.TOKEN):
            world.match(taker, [maker], [Fill(UNIT, UNIT // 2)])
        with refuses(Refusal.UNKNOWN):
            world.do(one, "depositToken", one.address, mine, UNIT)


def test_a_condition_that_is_resolved_is_not_registered(world: World) -> None:
    """A market begins before its payouts are known."""
    market = world.market()
    question = market.question[::-1]
    world.call(world.oracle, world.ctf, "prepareCondition", world.oracle.address, question, 2)
    world.call(world.oracle, world.ctf, "reportPayouts", question, [1, 0])
    args = (world.oracle.address, question, 2)
    condition = world.view(world.ctf, "getConditionId", *args)
    with refuses(Refusal.RESOLVED):
        world.do(world.owner, "register", condition)


def test_three_outcomes(world: World) -> None:
    """A condition with another number of outcomes is none of ours."""
    question = bytes(range(32))
    world.call(world.oracle, world.ctf, "prepareCondition", world.oracle.address, question, 3)
    condition = world.view(world.ctf, "getConditionId", world.oracle.address, question, 3)
    with refuses(Refusal.UNKNOWN):
        world.do(world.owner, "register", condition)


# -- operation ------------------------------------------------------------------------------


def test_pause(world: World, one: Signer) -> None:
    """While paused nothing comes in or settles, but everybody can leave and redeem."""
    market = world.market()
    world.split(one, market, 10 * UNIT)
    world.do(one, "requestExit", 0, UNIT)
    with refuses(Refusal.NOT_OWNER):
        world.do(one, "setPaused", True)
    world.do(world.operator, "setPaused", True)
    taker = world.order(one, BUY, market.yes, UNIT, UNIT // 2)
    maker = world.order(one, SELL, market.yes, UNIT, UNIT // 2)
    with refuses(Refusal.PAUSED):
        world.match(taker, [maker], [Fill(UNIT, UNIT // 2)])
    with refuses(Refusal.PAUSED):
        world.give(one, UNIT)
    with refuses(Refusal.PAUSED):
        world.do(one, "depositToken", one.address, market.yes, UNIT)
    with refuses(Refusal.PAUSED):
        world.do(world.operator, "payOut", 1, one.address, 0, UNIT)
    with refuses(Refusal.PAUSED):
        world.do(world.operator, "splitFor", 77, one.address, market.condition, UNIT)
    world.wait(3600)
    world.do(one, "exit", 0)
    resolved(world, market, [1, 0])
    world.do(one, "redeem", market.condition)
    world.do(one, "redeemFor", one.address, market.condition)
    with refuses(Refusal.NOT_OWNER):
        world.do(world.operator, "setPaused", False)
    world.do(world.owner, "setPaused", False)
    world.give(one, UNIT)


def test_operators(world: World, one: Signer) -> None:
    """The owner names operators and removes them; nobody else does."""
    with refuses(Refusal.NOT_OWNER):
        world.do(one, "setOperator", one.address, True)
    market = world.market()
    world.split(one, market, UNIT)
    taker = world.order(world.person(2), BUY, market.yes, UNIT, UNIT // 2)
    maker = world.order(one, SELL, market.yes, UNIT, UNIT // 2)
    with refuses(Refusal.NOT_OPERATOR):
        world.match(taker, [maker], [Fill(UNIT, UNIT // 2)], sender=one)
    world.do(world.owner, "setOperator", one.address, True)
    world.do(world.owner, "setOperator", world.operator.address, False)
    with refuses(Refusal.NOT_OPERATOR):
        world.match(taker, [maker], [Fill(UNIT, UNIT // 2)])
    world.match(taker, [maker], [Fill(UNIT, UNIT // 2)], sender=one)


def test_owner_in_two_steps(world: World, one: Signer) -> None:
    """Ownership passes when the new owner accepts, and only who was offered it may."""
    with refuses(Refusal.NOT_OWNER):
        world.do(one, "proposeOwner", one.address)
    world.do(world.owner, "proposeOwner", one.address)
    with refuses(Refusal.NOT_OWNER):
        world.do(world.operator, "acceptOwner")
    assert world.ask("owner") == world.owner.address
    world.do(one, "acceptOwner")
    assert world.ask("owner") == one.address
    with refuses(Refusal.NOT_OWNER):
        world.do(world.owner, "setPaused", True)


def test_fee_account(world: World, one: Signer) -> None:
    """Fees go to the account that the owner names."""
    with refuses(Refusal.NOT_OWNER):
        world.do(one, "setFeeAccount", one.address)
    with refuses(Refusal.NOBODY):
        world.do(world.owner, "setFeeAccount", NOBODY)
    world.do(world.owner, "setFeeAccount", world.oracle.address)
    market, two = world.market(), world.person(2)
    world.split(one, market, UNIT)
    taker = world.order(two, BUY, market.yes, UNIT, UNIT // 2)
    maker = world.order(one, SELL, market.yes, UNIT, UNIT // 2)
    world.match(taker, [maker], [Fill(UNIT, UNIT // 2, 700)])
    assert world.escrow(world.oracle) == 700
    assert world.escrow(world.fees) == 0


def test_sweep(world: World, one: Signer) -> None:
    """Collateral that was sent without `deposit` can be given back; nobody's escrow can."""
    world.call(world.owner, world.collateral, "mint", world.settlement.address, 5)
    with refuses(Refusal.NOT_OWNER):
        world.do(one, "sweep", world.collateral.address, one.address)
    with refuses(Refusal.NOBODY):
        world.do(world.owner, "sweep", world.collateral.address, NOBODY)
    world.do(world.owner, "sweep", world.collateral.address, one.address)
    assert purse(world, one.address) == 5
    world.do(world.owner, "sweep", world.collateral.address, one.address)
    assert purse(world, one.address) == 5
    assert holding(world) == MONEY
    other = world.deployed("collateral")
    world.call(world.owner, other, "mint", world.settlement.address, 9)
    world.do(world.owner, "sweep", other.address, one.address)
    assert world.view(other, "balanceOf", one.address) == 9


def test_what_is_redeemed_cannot_be_swept(world: World, one: Signer) -> None:
    """Between redemption and its credit the collateral is nobody's stray."""
    market = world.market()
    world.split(one, market, 30 * UNIT)
    resolved(world, market, [1, 0])
    world.do(one, "redeem", market.condition)
    world.do(world.owner, "sweep", world.collateral.address, world.owner.address)
    world.do(one, "redeemFor", one.address, market.condition)
    assert world.escrow(one) == holding(world) == MONEY


@needs_tokens
def test_construction() -> None:
    """Without fee account, with an endless delay, or with an alias where others' money is: none."""
    for changes in ({"chain": 137}, {"chain": 1, "home_2": NOBODY}, {"exit_delay": 31 * 86_400}):
        with reverts():
            World(**changes)
    for chain in (137, 1, 10):
        world = World(chain=chain, home_1=NOBODY, home_2=NOBODY)
        assert world.ask("domains") == (world.domains[1], world.domains[2])
    World(chain=31_337)
