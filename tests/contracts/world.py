"""Our contracts and ConditionalTokens on an EVM in this process, and people with keys on it.

Each test has a world of its own. Every call is a transaction; what it reverted with is a `Refused`.
Gas told by this EVM excludes calldata and what a transaction costs by itself.
"""

import os
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pyrevm import BlockEnv, CfgEnv, Env
from tests.contracts.sources import Source

from outcry.adapters.evm.abi import Event, Interface, Reverted, address_text
from outcry.adapters.evm.artefacts import artefact
from outcry.adapters.evm.node_modules import conditional_tokens
from outcry.adapters.evm.signer import Signer
from outcry.runtime.eip712 import Domain, keccak256, order_digest, separator


if TYPE_CHECKING or os.environ.get("OUTCRY_EVM") != "py-evm":
    from pyrevm import EVM
else:
    from tests.contracts.py_evm import EVM

CHAIN: Final = 80_002
NAME: Final = "Polymarket CTF Exchange"
HOME_1: Final = bytes.fromhex("dfe02eb6733538f8ea35d585af8de5958ad99e40")
HOME_2: Final = bytes.fromhex("e111180000d2663c0091e4f400237545b87b996b")
NOBODY: Final = b"\0" * 20
EXIT_DELAY: Final = 3600
START: Final = 1_800_000_000
UNIT: Final = 1_000_000
BUY, SELL = 0, 1
OWN_KEY, WALLET = 0, 3
RICH: Final = 10**15


class Refused(Exception):
    """A call reverted."""

    def __init__(self, reverted: Reverted) -> None:
        super().__init__(f"{reverted.name}{reverted.values}")
        self.reverted = reverted


class Order(NamedTuple):
    """An order as the contract takes it."""

    version: int
    side: int
    sig_type: int
    salt: int
    maker: bytes
    signer: bytes
    token_id: int
    maker_amount: int
    taker_amount: int
    extra: tuple[int, int, int, int]
    signature: bytes = b""

    @property
    def tail(self) -> tuple[int, int, int]:
        """What stands after the taker amount of version 1: expiration, nonce, fee rate."""
        return self.extra[1:]


class Fill(NamedTuple):
    """One maker's part, as the contract takes it."""

    qty: int
    cash: int
    taker_fee: int = 0
    maker_fee: int = 0


class Contract(NamedTuple):
    """An address and what it can be asked."""

    address: bytes
    interface: Interface


class Market(NamedTuple):
    """A condition and its tokens."""

    condition: bytes
    question: bytes
    yes: int
    no: int


class World:
    """The contracts, deployed by `owner`; see the module."""

    def __init__(
        self,
        *,
        chain: int = CHAIN,
        home_1: bytes = HOME_1,
        home_2: bytes = HOME_2,
        exit_delay: int = EXIT_DELAY,
        money: Source | None = None,
    ) -> None:
        self.chain = chain
        self.now = START
        self.evm = EVM(self._env(), gas_limit=2**60, spec_id="CANCUN")
        self.owner, self.operator, self.oracle = key(1), key(2), key(3)
        self.fees = key(4)
        for one in (self.owner, self.operator, self.oracle, self.fees):
            self._fund(one.address)
        tokens = conditional_tokens()
        self.ctf = self._created(tokens.interface, tokens.creation)
        self.collateral = self.create(money) if money else self.deployed("collateral")
        self.settlement = self.deployed(
            "settlement",
            self.collateral.address,
            self.ctf.address,
            NAME,
            home_1,
            home_2,
            exit_delay,
            self.operator.address,
            self.fees.address,
        )
        homes = (home_1, home_2)
        addresses = [home if any(home) else self.settlement.address for home in homes]
        self.domains = {
            version: separator(Domain(NAME, str(version), chain, addresses[version - 1]))
            for version in (1, 2)
        }
        self.events: list[Event] = []
        self._salts = 0
        self.trades = 0

    def _env(self) -> Env:
        return Env(cfg=CfgEnv(chain_id=self.chain), block=self._block())

    def _block(self) -> BlockEnv:
        return BlockEnv(number=1, timestamp=self.now, gas_limit=2**60)

    def _fund(self, address: bytes) -> None:
        self.evm.set_balance(address_text(address), 10**24)

    # -- calls ------------------------------------------------------------------------------

    def deployed(self, name: str, *values: Any) -> Contract:
        """Return a new contract of ours."""
        code = artefact(name)
        return self._created(code.interface, code.interface.creation(code.creation, *values))

    def _created(self, interface: Interface, code: bytes) -> Contract:
        try:
            address = self.evm.deploy(deployer=address_text(self.owner.address), code=code)
        except RuntimeError as error:
            raise Refused(interface.reverted(output(error))) from error
        return Contract(bytes.fromhex(address[2:]), interface)

    def create(self, what: Source) -> Contract:
        """Return a new contract of somebody else's."""
        return self._created(what.interface, what.creation)

    def call(self, sender: Signer | bytes, contract: Contract, name: str, *values: Any) -> Any:
        """Call *name* in a transaction and return its only value, or a tuple of several."""
        data = contract.interface.call(name, *values)
        caller = sender.address if isinstance(sender, Signer) else sender
        return self._answer(contract, name, self._sent(caller, contract, data))

    def _sent(self, caller: bytes, contract: Contract, data: bytes) -> bytes:
        self.evm.reset_transient_storage()
        checkpoint = self.evm.snapshot()
        try:
            answer = self.evm.message_call(
                caller=address_text(caller), to=address_text(contract.address), calldata=data
            )
        except RuntimeError as error:
            self.evm.revert(checkpoint)
            raise Refused(self.settlement.interface.reverted(output(error))) from error
        self.events = self._events()
        return bytes(answer)

    def _answer(self, contract: Contract, name: str, data: bytes) -> Any:
        values = contract.interface.result(name, data)
        return values[0] if len(values) == 1 else values

    def _events(self) -> list[Event]:
        result = self.evm.result
        found = []
        for log in result.logs if result is not None else []:
            topics, data = log.data
            if bytes.fromhex(log.address[2:]) == self.settlement.address:
                event = self.settlement.interface.event([bytes(topic) for topic in topics], data)
                assert event is not None, "every event of ours has a name"
                found.append(event)
        return found

    def ask(self, name: str, *values: Any) -> Any:
        """Return what a view of the settlement contract says."""
        return self.view(self.settlement, name, *values)

    def view(self, contract: Contract, name: str, *values: Any) -> Any:
        """Return what a view says; events stay those of the last transaction."""
        answer = self.evm.message_call(
            caller=address_text(self.owner.address),
            to=address_text(contract.address),
            calldata=contract.interface.call(name, *values),
            is_static=True,
        )
        return self._answer(contract, name, bytes(answer))

    def do(self, sender: Signer | bytes, name: str, *values: Any) -> Any:
        """Call the settlement contract."""
        return self.call(sender, self.settlement, name, *values)

    def wait(self, seconds: int) -> None:
        """Let time pass."""
        self.now += seconds
        self.evm.set_block_env(self._block())

    # -- people and markets -----------------------------------------------------------------

    def person(self, number: int, money: int = RICH) -> Signer:
        """Return a person with *money* in escrow."""
        one = key(100 + number)
        self._fund(one.address)
        if money:
            self.give(one, money)
        return one

    def give(self, one: Signer | bytes, money: int) -> None:
        """Mint collateral and put it into somebody's escrow."""
        who = one.address if isinstance(one, Signer) else one
        self.call(self.owner, self.collateral, "mint", self.owner.address, money)
        self.call(self.owner, self.collateral, "approve", self.settlement.address, money)
        self.do(self.owner, "deposit", who, money)

    def market(self, number: int = 1) -> Market:
        """Prepare and register a condition."""
        question = keccak256(b"question %d" % number)
        self.call(self.oracle, self.ctf, "prepareCondition", self.oracle.address, question, 2)
        condition = keccak256(
            self.oracle.address + question + (2).to_bytes(32, "big")
        )  # as ConditionalTokens names it
        self.do(self.owner, "register", condition)
        yes, no = self.ask("tokensOf", condition)
        return Market(condition, question, yes, no)

    def split(self, one: Signer | bytes, market: Market, amount: int) -> None:
        """Turn somebody's escrowed collateral into both tokens."""
        who = one.address if isinstance(one, Signer) else one
        self._salts += 1
        self.do(self.operator, "splitFor", self._salts, who, market.condition, amount)

    def escrow(self, one: Signer | bytes, asset: int = 0) -> int:
        """Return what somebody has in escrow."""
        who = one.address if isinstance(one, Signer) else one
        return int(self.ask("escrowOf", who, asset))

    def order(
        self,
        one: Signer,
        side: int,
        token: int,
        qty: int,
        cash: int,
        *,
        version: int = 2,
        **changed: Any,
    ) -> Order:
        """Return a signed order for *qty* tokens against *cash*; *changed* before it is signed."""
        self._salts += 1
        maker_amount, taker_amount = (cash, qty) if side == BUY else (qty, cash)
        extra = (0, 0, 0, 1000) if version == 1 else (self.now * 1000, 0, 0, 0)
        order = Order(
            version,
            side,
            OWN_KEY,
            self._salts,
            one.address,
            one.address,
            token,
            maker_amount,
            taker_amount,
            extra,
        )
        return self.signed(one, order._replace(**changed))

    def signed(self, one: Signer, order: Order) -> Order:
        """Return *order* with *one*'s signature."""
        return order._replace(signature=one.digest_signature(self.digest(order)))

    def digest(self, order: Order) -> bytes:
        """Return what is signed of an order."""
        return digest(self.domains[order.version], order)

    def match(
        self,
        taker: Order,
        makers: list[Order],
        fills: list[Fill],
        *,
        trade: int | None = None,
        sender: Signer | None = None,
    ) -> None:
        """Settle; without a trade number as the next trade."""
        self.trades += 1
        number = self.trades << 8 if trade is None else trade
        self.do(sender or self.operator, "matchOrders", number, taker, makers, fills)


def key(number: int) -> Signer:
    """Return a key of ours."""
    return Signer(keccak256(b"key %d" % number))


def digest(domain: bytes, order: Order) -> bytes:
    """Return what is signed of *order* for *domain*."""
    head = (order.salt, order.maker, order.signer)
    body = (order.token_id, order.maker_amount, order.taker_amount)
    kind = (order.side, order.sig_type)
    if order.version == 1:
        taker = order.extra[0].to_bytes(32, "big")
        return order_digest(domain, "1", (*head, taker, *body, *order.tail, *kind))
    return order_digest(domain, "2", (*head, *body, *kind, *order.extra[:3]))


def output(error: RuntimeError) -> bytes:
    """Return the bytes of a revert, which this EVM tells inside a text."""
    text = str(error)
    at = text.find("output: 0x")
    return bytes.fromhex(text[at + 10 :].split(" ", maxsplit=1)[0].rstrip(",}")) if at >= 0 else b""
