"""The caretaker: decides what is right after the chain took something back."""

from typing import Final

from outcry.app.sim.people import Person
from outcry.domain.ids import FIRST_ACCOUNT, SUSPENSE
from outcry.domain.ledger.state import Ledger, split_key
from outcry.messages.chain_requests import FreezeOp, ReleaseOp


#: Of what is in suspense, that which is given out at a look.
RELEASED_SHARE: Final = 0.3


class Caretaker(Person):
    """Lets frozen accounts go, and gives out something of what is in suspense."""

    _count = 0

    async def decide(self, ledger: Ledger) -> None:
        """Look at *ledger*, as an operator looks at its tables, and decide."""
        for account in list(ledger.frozen):
            await self.fund(FreezeOp(0, account, False, "looked into"))  # noqa: FBT003
        suspended = [
            (split_key(key)[1], balance.total)
            for key, balance in ledger.balances.items()
            if split_key(key)[0] == SUSPENSE and balance.total
        ]
        owners = [account for account in ledger.owners if account >= FIRST_ACCOUNT]
        if suspended and self.chance.random() < RELEASED_SHARE:
            asset, amount = self.chance.choice(suspended)
            self._count += 1
            some, account = self.chance.randint(1, amount), self.chance.choice(owners)
            await self.fund(ReleaseOp(0, account, asset, some, f"release {self._count}"))
