"""A trader of an exchange that lives on contracts: money comes from there and goes back there."""

from random import Random
from typing import Final

from msgspec.structs import replace

from outcry.adapters.simulated_chain.vault import Deed
from outcry.app.sim.contracts import Contracts
from outcry.app.sim.door import Door
from outcry.app.sim.told import Told
from outcry.app.sim.trace import Trace
from outcry.app.sim.trader import ACTIONS, MONEY, Trader
from outcry.domain.ids import COLLATERAL, token_asset
from outcry.domain.ledger.escrow import ATOMS_PER_LOT
from outcry.domain.market import own_price
from outcry.domain.signed_order import SignedOrder
from outcry.messages.happenings import Happened
from outcry.messages.requests import CreateUserOp, PlaceRequest, WithdrawOp
from outcry_wire.records import Side


#: Of exits, those of tokens; and as much of what is there is announced, at most.
TOKENS_SHARE: Final = 0.5
#: Of withdrawals, those of tokens.
TOKENS_WITHDRAWN_SHARE: Final = 0.3


class Depositor(Trader):
    """Trades what the contracts keep for one address."""

    actions = ACTIONS | {"announce": 3, "exit": 3, "split": 10, "transfer": 0}

    def __init__(
        self, name: str, door: Door, told: Told, trace: Trace, chance: Random, chain: Contracts,
        address: str,
    ) -> None:  # fmt: skip
        """Use *address* on *chain*."""
        super().__init__(name, door, told, trace, chance)
        self._chain = chain
        self._address = address
        self._salt = 0

    async def arrive(self) -> None:
        """Become a user, and send money to the contract."""
        done = await self.must(CreateUserOp(0, self.name, self._address, self.name))
        self.user_id = done.id
        self.accounts = [done.ids[0]]
        self.told.owners[self.accounts[0]] = done.id
        self.told.addresses[self.accounts[0]] = self._address
        self._chain.escrow.vault.addresses[self.accounts[0]] = self._address
        self._does(Happened.DEPOSITED, "0", MONEY)

    async def leave(self) -> None:
        """Ask for nothing more: tokens of paid markets are redeemed without being asked for."""

    async def deposit(self) -> None:
        """Bring money, or tokens that nobody of ours had."""
        if self.chance.random() < TOKENS_SHARE / 2:
            self._does(Happened.DEPOSITED, self._token(), self.chance.randint(1, 9_999_999))
        else:
            self._does(Happened.DEPOSITED, "0", self.chance.randint(1, MONEY // 10))

    async def withdraw(self) -> None:
        """Have money or tokens paid out, perhaps more than there are."""
        amount, asset = self.chance.randint(1, MONEY // 4), COLLATERAL
        if self.chance.random() < TOKENS_WITHDRAWN_SHARE:
            market, outcome = self.chance.choice(self.markets), self.chance.randrange(2)
            amount, asset = self._lots(), token_asset(market, outcome)
        await self._fund(WithdrawOp(0, self._account(), asset, amount, self._key()))

    async def announce(self) -> None:
        """Say to the contract that something will be taken out, or that nothing will."""
        asset = self._token() if self.chance.random() < TOKENS_SHARE else "0"
        there = self._chain.escrow.vault.amounts[self._address, asset]
        part = self.chance.choice((0, there // 100, there // 3, there))
        self._does(Happened.EXIT_REQUESTED, asset, part)

    async def exit(self) -> None:
        """Take out what was announced, if anything was."""
        for who, asset in list(self._chain.escrow.vault.exits):
            if who == self._address:
                self._does(Happened.EXITED, asset, 0)

    def _order(self) -> PlaceRequest:
        """Return an order as its maker signs it."""
        request = super()._order()
        money = own_price(request.outcome, request.price) * request.qty
        amounts = (money, request.qty * ATOMS_PER_LOT)
        gives, gets = amounts if request.side == Side.BUY else reversed(amounts)
        tokens = self._chain.escrow.vault.tokens.get(str(request.market_id), ("1", "2"))
        address = bytes.fromhex(self._address[2:])
        self._salt += 1
        signed = SignedOrder(
            2, self._salt.to_bytes(4), address, address, int(tokens[request.outcome]).to_bytes(32),
            gives, gets, request.side, 0, (b"\x01", b"", b""), bytes(65),
        )  # fmt: skip
        return replace(request, signed=signed)

    def _token(self) -> str:
        market = self.chance.choice(self.markets)
        tokens = self._chain.escrow.vault.tokens.get(str(market), ("1", "2"))
        return tokens[self.chance.randrange(2)]

    def _does(self, kind: Happened, asset: str, amount: int) -> None:
        self.trace.note(self.name, f"on the chain: {kind.name} {amount} of {asset}")
        self._chain.escrow.does(Deed(kind, self._address, asset, amount))
