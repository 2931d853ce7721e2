"""Whose signature counts, and for what: keys, wallets, and everything that only looks like one."""

from pathlib import Path

import pytest
from tests.contracts.anvil_world import AnvilWorld
from tests.contracts.needs import needs_anvil, needs_tokens
from tests.contracts.reasons import Refusal, Why, leg_fails, refuses, reverts
from tests.contracts.sources import source
from tests.contracts.world import (
    BUY,
    CHAIN,
    HOME_1,
    HOME_2,
    NAME,
    NOBODY,
    SELL,
    UNIT,
    WALLET,
    Contract,
    Fill,
    Market,
    Order,
    Refused,
    World,
    digest,
    key,
)

from outcry.adapters.evm.signer import Signer
from outcry.runtime.eip712 import FIELDS, Domain, keccak256, separator


QTY, CASH = 10 * UNIT, 4 * UNIT
CURVE_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


class Scene:
    """A maker's order that would settle, and a taker for it."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.market: Market = world.market()
        self.taker, self.maker = world.person(1), world.person(2)
        world.split(self.maker, self.market, 100 * QTY)
        self.order = world.order(self.maker, SELL, self.market.yes, QTY, CASH)

    def settle(self, maker: Order) -> None:
        """Settle all of *maker* against a fresh order."""
        taker = self.world.order(self.taker, BUY, self.market.yes, QTY, CASH)
        self.world.match(taker, [maker], [Fill(QTY, CASH)])


@pytest.fixture
def scene(world: World) -> Scene:
    """Return a scene of this test."""
    return Scene(world)


def mirrored(signature: bytes) -> bytes:
    """Return the other signature that the same key could have made."""
    s = CURVE_ORDER - int.from_bytes(signature[32:64], "big")
    return signature[:32] + s.to_bytes(32, "big") + bytes([55 - signature[64]])


# -- own keys -------------------------------------------------------------------------------


def test_own_key(scene: Scene) -> None:
    """An account's own signature counts, with its recovery number written either way."""
    scene.settle(scene.order)
    other = scene.world.order(scene.maker, SELL, scene.market.yes, QTY, CASH)
    low = other.signature[:-1] + bytes([other.signature[-1] - 27])
    scene.settle(other._replace(signature=low))


def test_mirrored_signature(scene: Scene) -> None:
    """Of the two signatures that recover the same key only the lower counts."""
    with leg_fails(1, Why.SIGNATURE):
        scene.settle(scene.order._replace(signature=mirrored(scene.order.signature)))
    scene.settle(scene.order)


@pytest.mark.parametrize("size", [0, 64, 66, 320])
def test_length(scene: Scene, size: int) -> None:
    """A key's signature has 65 bytes."""
    with leg_fails(1, Why.SIGNATURE):
        scene.settle(scene.order._replace(signature=(scene.order.signature * 5)[:size]))


def test_too_long(scene: Scene) -> None:
    """A signature of more than 320 bytes is not even read."""
    with reverts():
        scene.settle(scene.order._replace(signature=bytes(321)))


def test_nobody_signs(scene: Scene) -> None:
    """A signature that recovers nobody is not the signature of the account nobody."""
    scene.world.give(NOBODY[:-1] + b"\1", 1)  # account 0 itself cannot be given anything
    for junk in (bytes(65), b"\xff" * 32 + bytes(31) + b"\1\x1b"):
        forged = scene.order._replace(maker=NOBODY, signer=NOBODY, signature=junk)
        with leg_fails(1, Why.SIGNATURE):
            scene.settle(forged)


def test_somebody_else(scene: Scene) -> None:
    """Another key, another's name as signer, or a signer for somebody's account: none counts."""
    world, stranger = scene.world, key(77)
    forged = world.signed(stranger, scene.order)
    named = world.signed(stranger, scene.order._replace(signer=stranger.address))
    for order in (forged, named, forged._replace(signer=stranger.address)):
        with leg_fails(1, Why.SIGNATURE):
            scene.settle(order)


@pytest.mark.parametrize("kind", [1, 2, 3, 4, 255])
@pytest.mark.parametrize("version", [1, 2])
def test_kinds_that_do_not_count(scene: Scene, kind: int, version: int) -> None:
    """Keys that sign for a proxy or a safe, and kinds nobody knows, do not count."""
    world = scene.world
    order = world.order(
        scene.maker, SELL, scene.market.yes, QTY, CASH, version=version, sig_type=kind
    )
    with leg_fails(1, Why.SIGNATURE):
        scene.settle(order)


@pytest.mark.parametrize(
    "changed",
    [
        {"salt": 1},
        {"token_id": 1},
        {"side": BUY},
        {"maker_amount": QTY + 1},
        {"taker_amount": CASH - 1},
        {"extra": (1, 0, 0, 0)},
        {"extra": (0, 0, 7, 0)},
        {"version": 1},
    ],
)
def test_every_field_is_signed(scene: Scene, changed: dict[str, object]) -> None:
    """What was signed cannot be changed: not a field of it."""
    forged = scene.order._replace(**changed)  # type: ignore[arg-type]
    with pytest.raises(Refused):
        scene.settle(forged)


def test_orders_for_another_place(scene: Scene) -> None:
    """An order for another chain, contract, name or generation's address is not one for here."""
    places = [
        Domain(NAME, "2", CHAIN, HOME_1),
        Domain(NAME, "2", CHAIN, scene.world.settlement.address),
        Domain(NAME, "1", CHAIN, HOME_2),
        Domain(NAME, "2", 137, HOME_2),
        Domain("Another", "2", CHAIN, HOME_2),
    ]
    for place in places:
        signature = scene.maker.digest_signature(digest(separator(place), scene.order))
        with leg_fails(1, Why.SIGNATURE):
            scene.settle(scene.order._replace(signature=signature))


@needs_tokens
def test_an_order_of_our_own_address_elsewhere() -> None:
    """Two contracts without aliases on one chain do not take each other's orders."""
    one, two = World(home_1=NOBODY, home_2=NOBODY), World(home_1=NOBODY, home_2=NOBODY)
    twin = two.deployed(
        "settlement",
        two.collateral.address,
        two.ctf.address,
        NAME,
        NOBODY,
        NOBODY,
        3600,
        two.operator.address,
        two.fees.address,
    )
    assert twin.address != one.settlement.address
    assert one.ask("domains") == two.ask("domains")
    assert two.view(twin, "domains") != one.ask("domains")


@needs_anvil
def test_a_chain_that_split(tmp_path: Path) -> None:
    """When the chain gets another number, as after a split, nothing settles; announcing does."""
    world = AnvilWorld(tmp_path)
    try:
        scene = Scene(world)
        scene.settle(scene.order)
        again = world.order(scene.maker, SELL, scene.market.yes, QTY, CASH)
        world.become(137)
        with refuses(Refusal.OTHER_CHAIN):
            scene.settle(again)
        world.do(scene.maker, "requestExit", 0, UNIT)
    finally:
        world.close()


class Named:
    """Somebody's account that sells, and a key that may come to sign for it."""

    def __init__(self, scene: Scene, version: int, kind: int) -> None:
        self.scene, self.world, self.key = scene, scene.world, key(88)
        self.fields: dict[str, int] = {"version": version, "sig_type": kind}

    def order(self, **changed: object) -> Order:
        """Return an order for the account, signed by the key."""
        fields = {"maker": self.scene.maker.address, **self.fields, **changed}
        return self.world.order(self.key, SELL, self.scene.market.yes, QTY, CASH, **fields)  # type: ignore[arg-type]

    def lets(self, *, sign: bool) -> None:
        """Let the account name the key, or take that back."""
        self.world.do(self.scene.maker, "setSigner", self.key.address, sign)


@pytest.mark.parametrize("kind", [1, 2])
@pytest.mark.parametrize("version", [1, 2])
def test_a_key_that_an_account_named(scene: Scene, version: int, kind: int) -> None:
    """It signs for that account, as types 1 and 2 alone, and nobody else does."""
    named = Named(scene, version, kind)
    with leg_fails(1, Why.SIGNATURE):
        scene.settle(named.order())
    named.lets(sign=True)
    scene.settle(named.order())
    other = scene.world.person(3)
    scene.world.split(other, scene.market, 100 * QTY)
    stranger = scene.world.signed(key(77), named.order())
    for order in (
        named.order(maker=other.address),
        named.order(sig_type=0),
        named.order(sig_type=WALLET),
        named.order(sig_type=4),
        named.order(signer=scene.maker.address),
        stranger,
        stranger._replace(signer=key(77).address),
        named.order()._replace(signature=mirrored(named.order().signature)),
        named.order(signer=NOBODY)._replace(signature=bytes(65)),
    ):
        with leg_fails(1, Why.SIGNATURE):
            scene.settle(order)


def test_a_key_that_is_taken_back_ends_after_the_delay(scene: Scene) -> None:
    """Until then what it signed settles; naming it again calls that off."""
    world, named = scene.world, Named(scene, 2, 2)
    named.lets(sign=False)
    with leg_fails(1, Why.SIGNATURE):
        scene.settle(named.order())
    named.lets(sign=True)
    half = Fill(QTY // 2, CASH // 2)
    begun = named.order()
    taker = world.order(scene.taker, BUY, scene.market.yes, QTY, CASH)
    world.match(taker, [begun], [half])
    named.lets(sign=False)
    ends = world.now + 3600
    assert world.ask("signerUntil", scene.maker.address, named.key.address) == ends
    world.wait(3599)
    named.lets(sign=False)
    assert world.ask("signerUntil", scene.maker.address, named.key.address) == ends
    scene.settle(named.order())
    world.wait(1)
    with leg_fails(1, Why.SIGNATURE):
        scene.settle(named.order())
    # As with wallets that change their minds: an order that was begun is revoked by itself.
    world.match(taker, [begun], [half])
    named.lets(sign=True)
    named.lets(sign=False)
    named.lets(sign=True)
    world.wait(3600)
    scene.settle(named.order())


# -- wallets that are contracts -------------------------------------------------------------


def wallet(world: World, owner: Signer) -> Contract:
    """Return a wallet of ours with money in escrow, which has named its owner's key."""
    made = world.deployed("wallet", owner.address, world.settlement.address)
    world.give(made.address, 100 * UNIT)
    return made


def nested(world: World, owner: Signer, address: bytes, order: Order, chain: int = CHAIN) -> bytes:
    """Return the signature that a wallet's owner makes, as clients of wallets make it."""
    kind = f"Order({','.join(FIELDS['2'])})".encode()
    head = (
        "TypedDataSign(Order contents,string name,string version,uint256 chainId,"
        "address verifyingContract,bytes32 salt)"
    )
    contents = contents_of(order)
    words = [keccak256(head.encode() + kind), contents, keccak256(b"DepositWallet")]
    words += [keccak256(b"1"), chain.to_bytes(32, "big"), address.rjust(32, b"\0"), bytes(32)]
    domain = world.domains[2]
    inner = owner.digest_signature(keccak256(b"\x19\x01" + domain + keccak256(b"".join(words))))
    return inner + domain + contents + kind + len(kind).to_bytes(2, "big")


def contents_of(order: Order) -> bytes:
    """Return the hash of an order's fields, without any domain."""
    numbers = (order.token_id, order.maker_amount, order.taker_amount, order.side, order.sig_type)
    words = [keccak256(f"Order({','.join(FIELDS['2'])})".encode())]
    words += [order.salt.to_bytes(32, "big"), order.maker.rjust(32, b"\0")]
    words += [order.signer.rjust(32, b"\0")]
    words += [n.to_bytes(32, "big") for n in (*numbers, *order.extra[:3])]
    return keccak256(b"".join(words))


def wallet_order(scene: Scene, address: bytes) -> Order:
    """Return an unsigned order of a wallet that buys NO."""
    order = scene.world.order(scene.maker, BUY, scene.market.no, QTY, QTY - CASH)
    return order._replace(maker=address, signer=address, sig_type=WALLET, signature=b"")


def test_wallet(scene: Scene) -> None:
    """A wallet's order counts with the 317 bytes that official clients send for one."""
    world, owner = scene.world, key(88)
    address = wallet(world, owner).address
    order = wallet_order(scene, address)
    signature = nested(world, owner, address, order)
    assert len(signature) == 317
    taker = world.order(scene.taker, BUY, scene.market.yes, QTY, CASH)
    world.match(taker, [order._replace(signature=signature)], [Fill(QTY, QTY - CASH)])
    assert world.escrow(address, scene.market.no) == QTY


def test_wallets_of_one_owner(scene: Scene) -> None:
    """A signature for one wallet is none for another of the same owner, chain, or a plain one."""
    world, owner = scene.world, key(88)
    one, two = wallet(world, owner).address, wallet(world, owner).address
    order = wallet_order(scene, one)
    taker = world.order(scene.taker, BUY, scene.market.yes, QTY, CASH)
    for signature in (
        nested(world, owner, two, order),
        nested(world, owner, one, order, chain=137),
        nested(world, key(89), one, order),
        owner.digest_signature(world.digest(order)),
        mirrored(nested(world, owner, one, order)[:65]) + nested(world, owner, one, order)[65:],
        b"",
        bytes(320),
    ):
        with leg_fails(1, Why.SIGNATURE):
            world.match(taker, [order._replace(signature=signature)], [Fill(QTY, QTY - CASH)])


def test_wallets_are_of_the_second_generation(scene: Scene) -> None:
    """No order of the first generation is a wallet's, whoever it has named."""
    world, owner = scene.world, key(88)
    address = wallet(world, owner).address
    taker = world.order(scene.taker, BUY, scene.market.yes, QTY, CASH)
    order = wallet_order(scene, address)._replace(version=1, extra=(0, 0, 0, 1000))
    for signed in (
        world.signed(owner, order),
        order._replace(signature=nested(world, owner, address, order)),
    ):
        with leg_fails(1, Why.SIGNATURE):
            world.match(taker, [signed], [Fill(QTY, QTY - CASH)])


@pytest.mark.parametrize("answer", range(6))
def test_a_wallet_is_not_asked(scene: Scene, answer: int) -> None:
    """Whatever a wallet would say: what the key that it named signs counts, nothing else does."""
    world, owner = scene.world, key(88)
    made = world.create(source("hook"))
    world.give(made.address, 100 * UNIT)
    world.call(scene.maker, made, "set", 0, answer)
    order = wallet_order(scene, made.address)
    order = order._replace(signature=nested(world, owner, made.address, order))
    taker = world.order(scene.taker, BUY, scene.market.yes, QTY, CASH)
    with leg_fails(1, Why.SIGNATURE):
        world.match(taker, [order], [Fill(QTY, QTY - CASH)])
    names(world, made, owner)
    world.match(taker, [order], [Fill(QTY, QTY - CASH)])


def test_a_wallet_takes_its_key_back_after_the_delay(scene: Scene) -> None:
    """What a wallet's key signed, and was matched, settles until the exit delay has passed."""
    world, owner = scene.world, key(88)
    made = world.create(source("hook"))
    world.give(made.address, 100 * UNIT)
    names(world, made, owner)
    names(world, made, owner, allowed=False)
    world.wait(3599)
    for ends in (False, True):
        order = wallet_order(scene, made.address)
        order = order._replace(signature=nested(world, owner, made.address, order))
        taker = world.order(scene.taker, BUY, scene.market.yes, QTY, CASH)
        if ends:
            with leg_fails(1, Why.SIGNATURE):
                world.match(taker, [order], [Fill(QTY, QTY - CASH)])
        else:
            world.match(taker, [order], [Fill(QTY, QTY - CASH)])
        world.wait(1)


def names(world: World, made: Contract, owner: Signer, *, allowed: bool = True) -> None:
    """Have a wallet let a key sign for it, or no longer."""
    call = world.settlement.interface.call("setSigner", owner.address, allowed)
    world.call(owner, made, "execute", world.settlement.address, call)


# -- hooks and hostile tokens ---------------------------------------------------------------


def test_no_hook_in_the_path(scene: Scene) -> None:
    """A wallet whose receiving hook fails still settles: tokens stay in escrow."""
    world = scene.world
    made = world.create(source("hook"))
    world.give(made.address, 100 * UNIT)
    world.call(scene.maker, made, "set", 1, 0)
    names(world, made, scene.maker)
    taker = world.order(scene.taker, BUY, scene.market.yes, QTY, CASH)
    order = wallet_order(scene, made.address)
    order = order._replace(signature=nested(world, scene.maker, made.address, order))
    world.match(taker, [order], [Fill(QTY, QTY - CASH)])
    assert world.escrow(made.address, scene.market.no) == QTY


@pytest.mark.parametrize("hook", [1, 3, 4])
def test_hooks_that_misbehave_on_the_way_out(scene: Scene, hook: int) -> None:
    """A payment to a hook that fails, calls back or answers wrongly has not happened."""
    world = scene.world
    made = world.create(source("hook"))
    world.give(made.address, QTY)
    world.split(made.address, scene.market, QTY)
    request = world.settlement.interface.call("requestExit", scene.market.yes, QTY)
    world.call(scene.maker, made, "execute", world.settlement.address, request)
    world.call(scene.maker, made, "setAsset", scene.market.yes)
    world.call(scene.maker, made, "set", hook, 0)
    world.wait(3600)
    leave = world.settlement.interface.call("exit", scene.market.yes)
    for sender, contract, name, values in (
        (scene.maker, made, "execute", (world.settlement.address, leave)),
        (world.operator, world.settlement, "payOut", (1, made.address, scene.market.yes, QTY)),
    ):
        with reverts():
            world.call(sender, contract, name, *values)
        assert world.escrow(made.address, scene.market.yes) == QTY


@needs_tokens
@pytest.mark.parametrize(
    ("mode", "into"), [(1, True), (2, True), (3, True), (2, False), (4, False)]
)
def test_hostile_collateral(mode: int, into: bool) -> None:
    """Collateral that keeps some, answers no or calls back is not credited, nor paid twice."""
    world = World(money=source("hostile_token"))
    one = world.person(1, 100)
    world.do(one, "requestExit", 0, 50)
    world.wait(3600)
    world.call(world.owner, world.collateral, "mint", world.owner.address, 10)
    world.call(world.owner, world.collateral, "set", mode, world.settlement.address)
    with reverts():
        if into:
            world.do(world.owner, "deposit", one.address, 10)
        else:
            world.do(one, "exit", 0)
    assert world.escrow(one) == world.ask("escrowed") == 100
