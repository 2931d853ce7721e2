"""One rule set: what the doors take as signed the contract settles, and nothing else.

Each case changes one thing of an order that is good. The doors may ask for more than the contract
(a time that is near, nobody named as taker), never for less.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from tests.contracts.anvil_world import AnvilWorld
from tests.contracts.needs import needs_anvil, needs_tokens
from tests.contracts.sources import source
from tests.contracts.test_signatures import CURVE_ORDER, mirrored, names, nested, wallet
from tests.contracts.test_signatures import Scene as Sale
from tests.contracts.world import (
    BUY,
    CHAIN,
    HOME_1,
    HOME_2,
    NOBODY,
    SELL,
    UNIT,
    WALLET,
    Fill,
    Market,
    Order,
    Refused,
    World,
    digest,
    key,
)

from outcry.adapters.evm.escrow_calls import FOR_EVER
from outcry.adapters.evm.rpc import Rpc
from outcry.adapters.evm.signer import Signer
from outcry.adapters.evm.wallets import EvmWallets
from outcry.domain.rejects import Rejected
from outcry.runtime.eip712 import Domain, separator
from outcry.services.api.clob.profiles import NAME, own
from outcry.services.api.signatures import Terms, verify


QTY, CASH = 10 * UNIT, 4 * UNIT
PROFILE = own(CHAIN, f"0x{HOME_1.hex()}", f"0x{HOME_2.hex()}")._replace(named=True)


class Scene:
    """People who can trade, and one good order of each kind."""

    def __init__(self, world: World, version: int, *, as_wallet: bool) -> None:
        self.world = world
        self.version = version
        self.market: Market = world.market()
        self.maker = world.person(1)
        self.address = self.maker.address
        self.other = world.person(2)
        world.split(self.other, self.market, 100 * QTY)
        if as_wallet:
            self.address = wallet(world, self.maker).address
        order = world.order(self.maker, BUY, self.market.yes, QTY, CASH, version=version)
        kind = WALLET if as_wallet else order.sig_type
        self.order = self.sign(
            order._replace(maker=self.address, signer=self.address, sig_type=kind)
        )

    def sign(self, order: Order, by: Signer | None = None) -> Order:
        """Return *order* signed as its kind is signed."""
        signer = by or self.maker
        if order.sig_type == WALLET and order.version == 2:
            blob = nested(self.world, signer, order.maker, order)
            return order._replace(signature=blob)
        return self.world.signed(signer, order)

    def settles(self, order: Order) -> bool:
        """Whether the contract settles *order*."""
        taker = self.world.order(self.other, SELL, self.market.yes, QTY, CASH)
        try:
            self.world.match(taker, [order], [Fill(QTY, CASH)])
        except Refused:
            return False
        return True

    def taken(self, order: Order) -> bool:
        """Whether the doors take *order* as one that its owner signed."""
        said = verify(terms(order), PROFILE, self.maker.address, self.world.now)
        named = order.sig_type not in (1, 2, 3) or self.named(order)
        return named and not isinstance(said, Rejected)

    def named(self, order: Order) -> bool:
        """Whether the account has let the key sign, as far as nothing ends it."""
        until = self.world.ask("signerUntil", order.maker, self.maker.address)
        return bool(until == FOR_EVER)


def terms(order: Order) -> Terms:
    """Return *order* in the words of the doors."""
    common = Terms(
        version=str(order.version),
        salt=order.salt,
        maker=order.maker,
        signer=order.signer,
        token_id=order.token_id,
        maker_amount=order.maker_amount,
        taker_amount=order.taker_amount,
        side=order.side,
        signature_type=order.sig_type,
        signature=order.signature,
    )
    if order.version == 1:
        named, expiration, nonce, rate = order.extra
        return common._replace(
            taker=named.to_bytes(20, "big"), expiration=expiration, nonce=nonce, fee_rate_bps=rate
        )
    timestamp, metadata, builder, _ = order.extra
    words = (metadata.to_bytes(32, "big"), builder.to_bytes(32, "big"))
    return common._replace(timestamp=timestamp, metadata=words[0], builder=words[1])


class Case(NamedTuple):
    """A change to a good order, and whether it is still good."""

    change: Callable[[Scene, Order], Order]
    good: bool = False
    #: The contract alone would take it.
    stricter: bool = False
    versions: tuple[int, ...] = (1, 2)
    wallets: bool = True


def signature(change: Callable[[bytes], bytes]) -> Callable[[Scene, Order], Order]:
    """Return a change of the signature alone."""
    return lambda _, order: order._replace(signature=change(order.signature))


def fields(**changed: object) -> Callable[[Scene, Order], Order]:
    """Return a change that is signed again."""
    return lambda scene, order: scene.sign(order._replace(**changed))  # type: ignore[arg-type]


def unsigned(**changed: object) -> Callable[[Scene, Order], Order]:
    """Return a change that is not signed again."""
    return lambda _, order: order._replace(**changed)  # type: ignore[arg-type]


def elsewhere(domain: Domain) -> Callable[[Scene, Order], Order]:
    """Return an order that was signed for another place."""
    return lambda scene, order: order._replace(
        signature=scene.maker.digest_signature(digest(separator(domain), order))
    )


def of_another(kind: int, *, named: bool, ends: bool = False) -> Callable[[Scene, Order], Order]:
    """Return an order for somebody else's account, who has named the key that signs or not."""

    def change(scene: Scene, order: Order) -> Order:
        owner = scene.world.person(9)
        for allowed in (True, False)[: named + ends]:
            scene.world.do(owner, "setSigner", scene.maker.address, allowed)
        return scene.sign(order._replace(maker=owner.address, sig_type=kind))

    return change


CASES = {
    "as signed": Case(lambda _, order: order, good=True),
    "signed by somebody else": Case(lambda scene, order: scene.sign(order, key(66))),
    "mirrored": Case(signature(mirrored), wallets=False),
    "recovery number 0 or 1": Case(
        signature(lambda s: s[:-1] + bytes([s[-1] - 27])), good=True, wallets=False
    ),
    "recovery number 29": Case(signature(lambda s: s[:-1] + b"\x1d"), wallets=False),
    "empty": Case(signature(lambda _: b"")),
    "a byte short": Case(signature(lambda s: s[:-1])),
    "a byte long": Case(signature(lambda s: s + b"\0")),
    "zeros": Case(signature(lambda s: bytes(len(s)))),
    "s of the whole order": Case(
        signature(lambda s: s[:32] + CURVE_ORDER.to_bytes(32, "big") + s[64:])
    ),
    "another salt": Case(unsigned(salt=1)),
    "another amount": Case(unsigned(maker_amount=CASH + 1)),
    "another side": Case(unsigned(side=SELL)),
    "another salt, signed": Case(fields(salt=2**255), good=True),
    "proxy": Case(fields(sig_type=1), wallets=False),
    "safe": Case(fields(sig_type=2), wallets=False),
    "a proxy that named the key": Case(of_another(1, named=True), good=True, wallets=False),
    "a safe that named the key": Case(of_another(2, named=True), good=True, wallets=False),
    "a safe that did not": Case(of_another(2, named=False), wallets=False),
    "an account that named the key": Case(of_another(0, named=True), wallets=False),
    "a key that will not sign for long": Case(
        of_another(2, named=True, ends=True), stricter=True, wallets=False
    ),
    "a wallet without code": Case(fields(sig_type=WALLET), versions=(1,), wallets=False),
    "nobody": Case(fields(maker=NOBODY, signer=NOBODY), wallets=False),
    "signer is another": Case(fields(signer=key(66).address)),
    "maker is another": Case(fields(maker=key(66).address), wallets=False),
    "chain 137": Case(elsewhere(Domain(NAME, "2", 137, HOME_2)), versions=(2,), wallets=False),
    "the other contract": Case(elsewhere(Domain(NAME, "2", CHAIN, HOME_1)), wallets=False),
    "a nonce of another time": Case(fields(extra=(0, 0, 1, 1000)), versions=(1,), wallets=False),
    "a named taker": Case(fields(extra=(1, 0, 0, 1000)), versions=(1,), wallets=False),
    "the operator as taker": Case(
        lambda scene, order: scene.sign(
            order._replace(extra=(int.from_bytes(scene.world.operator.address), 0, 0, 1000))
        ),
        stricter=True,
        versions=(1,),
        wallets=False,
    ),
    "a time long ago": Case(fields(extra=(1, 0, 0, 0)), stricter=True, versions=(2,)),
    "a builder": Case(
        lambda scene, order: scene.sign(order._replace(extra=(order.extra[0], 5, 6, 0))),
        good=True,
        versions=(2,),
    ),
}
KINDS = [(1, False), (2, False), (2, True)]


TABLE = [
    (name, version, as_wallet)
    for name, case in CASES.items()
    for version, as_wallet in KINDS
    if version in case.versions and (case.wallets or not as_wallet)
]


@pytest.mark.parametrize(("name", "version", "as_wallet"), TABLE)
def test_doors_and_contract_agree(world: World, name: str, version: int, as_wallet: bool) -> None:
    """An order is good for both or for neither, except where the doors are stricter on purpose."""
    case = CASES[name]
    scene = Scene(world, version, as_wallet=as_wallet)
    order = case.change(scene, scene.order)
    verdicts = scene.taken(order), scene.settles(order)
    assert verdicts == (case.good, case.good or case.stricter)


def asked(world: World, sale: Sale) -> Iterator[tuple[str, Order, bool]]:
    """Yield orders for accounts of others, and whether the account has named the key."""
    owner, hook = sale.maker, world.create(source("hook"))
    for kind in (1, 2, WALLET):
        sold = hook.address if kind == WALLET else world.person(40 + kind).address
        world.give(sold, 100 * UNIT)
        signer = sold if kind == WALLET else owner.address
        for allowed in (None, True, False):
            plain = world.order(
                owner, BUY, sale.market.no, QTY, QTY - CASH, sig_type=kind, maker=sold,
                signer=signer,
            )  # fmt: skip
            if kind == WALLET:
                plain = plain._replace(signature=nested(world, owner, sold, plain))
            if allowed is not None and kind == WALLET:
                names(world, hook, owner, allowed=allowed)
            elif allowed is not None:
                world.do(sold, "setSigner", owner.address, allowed)
            yield f"type {kind}, named: {allowed}", plain, allowed is True


@needs_anvil
@needs_tokens
async def test_names_are_asked_alike(tmp_path: Path) -> None:
    """What the doors take of a key that is named settles; one that was taken back they decline."""
    world = AnvilWorld(tmp_path)
    try:
        sale = Sale(world)
        async with Rpc(world.url) as rpc:
            wallets = EvmWallets(rpc, f"0x{world.settlement.address.hex()}")
            for name, order, good in asked(world, sale):
                stands = await wallets.names(order.maker, sale.maker.address)
                taker = world.order(sale.taker, BUY, sale.market.yes, QTY, CASH)
                try:
                    world.match(taker, [order], [Fill(QTY, QTY - CASH)])
                except Refused:
                    settled = False
                else:
                    settled = True
                # What was taken back settles for the exit delay still.
                assert (name, stands, settled) == (name, good, not name.endswith("None"))
    finally:
        world.close()
