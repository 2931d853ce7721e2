"""What settlements cost on a real node: the cases of the gas snapshot.

Makers and takers hold money and token already, orders are fresh and of the second generation, keys
are people's own, nobody pays a fee unless the case says so.
"""

from collections.abc import Iterator

from tests.contracts.anvil_world import AnvilWorld
from tests.contracts.world import BUY, SELL, UNIT, Fill, Market, Order, key

from outcry.adapters.evm.signer import Signer


MAKERS = (1, 5, 20)
KINDS = {
    # kind: taker's side, makers' side, whether makers have the other token
    "transfer, taker buys": (BUY, SELL, False),
    "transfer, taker sells": (SELL, BUY, False),
    "mint": (BUY, BUY, True),
    "merge": (SELL, SELL, True),
}
QTY, CASH = 3 * UNIT, UNIT


class Bench:
    """People who hold everything, and the trades among them."""

    def __init__(self, world: AnvilWorld) -> None:
        self.world = world
        self.market: Market = world.market()
        self.people: list[Signer] = [world.person(n) for n in range(1 + max(MAKERS))]
        for one in self.people:
            world.split(one, self.market, 10**9)
        # The words of the first trades are fresh: everybody pays for them once in 256 trades.
        self.cost("mint", 1)
        self.cost("merge", 1, fee=1)

    def orders(self, kind: str, makers: int, version: int = 2) -> tuple[Order, list[Order]]:
        """Return fresh orders that match in this way."""
        taking, making, other = KINDS[kind]
        token = self.market.no if other else self.market.yes
        cash = CASH if not other else QTY - CASH
        first, *rest = self.people[: 1 + makers]
        made = [self.world.order(one, making, token, QTY, cash, version=version) for one in rest]
        taken = self.world.order(
            first, taking, self.market.yes, makers * QTY, makers * CASH, version=version
        )
        return taken, made

    def cost(
        self, kind: str, makers: int, *, fee: int = 0, version: int = 2, parts: int = 1
    ) -> int:
        """Return the gas of settling the last of *parts* equal parts."""
        taker, made = self.orders(kind, makers, version)
        cash = CASH if not KINDS[kind][2] else QTY - CASH
        for _ in range(parts):
            fills = [Fill(QTY // parts, cash // parts, fee, -(fee // 2))] * makers
            self.world.match(taker, made, fills)
        return self.world.gas

    def named(self, kind: str, makers: int) -> int:
        """Return the gas of settling orders that were all signed by keys which accounts named."""
        key_of = {one.address: key(500 + n) for n, one in enumerate(self.people)}
        taker, made = self.orders(kind, makers)
        signed = []
        for order in (taker, *made):
            signer = key_of[order.maker]
            self.world.do(order.maker, "setSigner", signer.address, True)
            named = order._replace(signer=signer.address, sig_type=2)
            signed.append(self.world.signed(signer, named))
        cash = CASH if not KINDS[kind][2] else QTY - CASH
        self.world.match(signed[0], signed[1:], [Fill(QTY, cash)] * makers)
        return self.world.gas


def measured(world: AnvilWorld) -> Iterator[tuple[str, int]]:
    """Yield the name and gas of every case."""
    bench = Bench(world)
    for kind in KINDS:
        for makers in MAKERS:
            yield f"{kind}, {makers}", bench.cost(kind, makers)
    for kind in ("transfer, taker buys", "mint"):
        for makers in MAKERS:
            yield f"{kind}, named keys, {makers}", bench.named(kind, makers)
    yield "mint, 5, second part of the same orders", bench.cost("mint", 5, parts=2)
    yield "transfer, taker buys, 5, with fees", bench.cost("transfer, taker buys", 5, fee=1000)
    yield "mint, 5, with fees", bench.cost("mint", 5, fee=1000)
    yield "transfer, taker buys, 5, version 1", bench.cost("transfer, taker buys", 5, version=1)
