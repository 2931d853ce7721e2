"""What the simulated contracts keep, and what they allow: the rules of the real ones in short."""

from collections import Counter
from collections.abc import Sequence
from typing import Final, NamedTuple

from outcry.domain.ledger.escrow import ATOMS_PER_LOT
from outcry.domain.market import own_price
from outcry.domain.units import TICKS_PER_UNIT
from outcry.messages.happenings import Happened
from outcry.messages.settlements import SettlementParty, SettlementRequest
from outcry.ports.chain import FILLS_COUNT_MAX
from outcry.ports.escrow import Act, Answer, Job
from outcry_wire.records import MatchKind, Side


COLLATERAL: Final = "0"


class Said(NamedTuple):
    """What the contract says it did; fields as those of a `Happening`."""

    kind: int
    who: str
    asset: str
    amount: int
    number: int = 0
    yes: int = 0
    no: int = 0


class Deed(NamedTuple):
    """Something that somebody else does: a user, or whoever settles trades."""

    kind: int
    who: str = ""
    asset: str = "0"
    amount: int = 0
    #: Fills that settle together.
    request: SettlementRequest | None = None
    fills: tuple[int, ...] = ()
    #: Tells apart what is done twice; given when it is taken.
    serial: int = 0


class Refused(Exception):
    """The contract declines; the message says why."""

    def __init__(self, answer: Answer, reason: str) -> None:
        super().__init__(reason)
        self.answer = answer


class Vault:
    """Escrow of everybody, and the conditions it knows."""

    def __init__(self, fee_account: str) -> None:
        self.fee_account = fee_account
        #: By address and asset.
        self.amounts: Counter[tuple[str, str]] = Counter()
        self.exits: dict[tuple[str, str], int] = {}
        #: Collateral that redeemed tokens brought and nobody was credited with.
        self.unclaimed = 0
        self.prepared: set[str] = set()
        #: Tokens of each registered condition.
        self.registered: dict[str, tuple[str, str]] = {}
        self.reported: dict[str, tuple[int, int]] = {}
        self.redeemed: set[str] = set()
        self.operations: set[int] = set()
        self.parts: set[tuple[int, int]] = set()
        #: Tokens of conditions, as whoever made them knows, and addresses of accounts.
        self.tokens: dict[str, tuple[str, str]] = {}
        self.addresses: dict[int, str] = {}

    def copy(self) -> "Vault":
        """Return another one with the same in it; names are shared."""
        other = Vault(self.fee_account)
        for name, kept in self.__dict__.items():
            shared = name in ("tokens", "addresses") or not hasattr(kept, "copy")
            setattr(other, name, kept if shared else kept.copy())
        return other

    def become(self, other: "Vault") -> None:
        """Have what *other* has."""
        self.__dict__.update(other.__dict__)

    # --- users ----------------------------------------------------------------------------------

    def carry_out(self, deed: Deed) -> list[Said]:
        """Carry out what somebody else does and return what it says; raises `Refused`."""
        if deed.request is not None:
            self.settle(deed.request, deed.fills)
            return []
        return [self.outside(deed.kind, deed.who, deed.asset, deed.amount)]

    def outside(self, kind: int, who: str, asset: str, amount: int) -> Said:
        """Carry out what a user does; raises `Refused`."""
        key = (who, asset)
        if kind == Happened.DEPOSITED:
            if asset != COLLATERAL and not self._open(asset):
                raise Refused(Answer.NEVER, "no token of an open condition")
            self.amounts[key] += amount
        elif kind == Happened.EXIT_REQUESTED:
            if amount > self.amounts[key]:
                raise Refused(Answer.NEVER, "not enough in escrow")
            self.exits[key] = amount
        elif kind == Happened.EXITED:
            if not self.exits.get(key):
                raise Refused(Answer.NEVER, "nothing was announced")
            amount = min(self.exits.pop(key), self.amounts[key])
            self.amounts[key] -= amount
        return Said(kind, who, asset, amount)

    def _open(self, token: str) -> bool:
        """Whether a token's condition is registered and not redeemed."""
        known = [c for c, tokens in self.registered.items() if token in tokens]
        return bool(known) and known[0] not in self.redeemed

    # --- settlement -----------------------------------------------------------------------------

    def settle(self, request: SettlementRequest, fills: Sequence[int]) -> None:
        """Settle fills of a trade, all or none; raises `Refused`."""
        part = (request.trade_id, fills[0] // FILLS_COUNT_MAX)
        if part in self.parts:
            raise Refused(Answer.DONE, "settled already")
        moved: Counter[tuple[str, str]] = Counter()
        pair = self._pair(request)
        condition = next((c for c, tokens in self.registered.items() if tokens == pair), "")
        if not condition:
            raise Refused(Answer.LATER, "no such condition")
        for fill in request.fills:
            if fill.fill not in fills:
                continue
            for party in (fill.taker, fill.maker):
                self._move(moved, condition, party, fill.price, fill.qty)
            moved[self.fee_account, COLLATERAL] += fill.taker.fee + fill.maker.fee
            if fill.match in (MatchKind.MINT, MatchKind.MERGE) and condition in self.redeemed:
                raise Refused(Answer.NEVER, "the condition is redeemed")
        if any(self.amounts[key] + change < 0 for key, change in moved.items()):
            raise Refused(Answer.NEVER, "not enough in escrow")
        self.amounts.update(moved)
        self.parts.add(part)

    def _pair(self, request: SettlementRequest) -> tuple[str, str]:
        return self.tokens[str(request.market_id)]

    def _move(
        self, moved: Counter[tuple[str, str]], condition: str, party: SettlementParty, price: int,
        qty: int,
    ) -> None:  # fmt: skip
        who, token = self.addresses[party.account], self.registered[condition][party.outcome]
        sign = 1 if party.side == Side.BUY else -1
        moved[who, token] += sign * qty * ATOMS_PER_LOT
        moved[who, COLLATERAL] -= sign * own_price(party.outcome, price) * qty + party.fee

    # --- the exchange ---------------------------------------------------------------------------

    def do(self, job: Job) -> list[Said]:
        """Carry out a job and return what it says; raises `Refused`."""
        if job.act in (Act.PAY_OUT, Act.SPLIT, Act.MERGE):
            return self._operation(job)
        if job.act == Act.REDEEM_FOR:
            return self._redeem_for(job)
        return self._condition(job)

    def _operation(self, job: Job) -> list[Said]:
        if job.number in self.operations:
            raise Refused(Answer.DONE, "done already")
        if job.act == Act.PAY_OUT:
            said = Said(Happened.PAID_OUT, job.who, job.asset, job.amount, job.number)
            self._take(job.who, job.asset, job.amount)
        else:
            tokens = self._tokens(job.condition)
            if job.condition in self.redeemed:
                raise Refused(Answer.LATER, "no such condition any more")
            said = Said(Happened.SPLIT, job.who, job.condition, job.amount, job.number)
            if job.act == Act.SPLIT:
                self._take(job.who, COLLATERAL, job.amount)
                for token in tokens:
                    self.amounts[job.who, token] += job.amount
            else:
                said = said._replace(kind=Happened.MERGED)
                for token in tokens:
                    self._take(job.who, token, job.amount)
                self.amounts[job.who, COLLATERAL] += job.amount
        self.operations.add(job.number)
        return [said]

    def _redeem_for(self, job: Job) -> list[Said]:
        if job.condition not in self.redeemed:
            raise Refused(Answer.LATER, "not redeemed yet")
        payouts = self.reported[job.condition]
        keys = [(job.who, token) for token in self.registered[job.condition]]
        if not any(self.amounts[key] for key in keys):
            raise Refused(Answer.DONE, "nothing to redeem")
        yes, no = (self.amounts.pop(key, 0) for key in keys)
        paid = sum(
            atoms * payout // TICKS_PER_UNIT
            for atoms, payout in zip((yes, no), payouts, strict=True)
        )
        self.amounts[job.who, COLLATERAL] += paid
        self.unclaimed -= paid
        return [Said(Happened.REDEEMED_FOR, job.who, job.condition, paid, yes=yes, no=no)]

    def _condition(self, job: Job) -> list[Said]:
        condition = job.condition
        if job.act == Act.PREPARE:
            self._once(condition in self.prepared)
            self.prepared.add(condition)
            return []
        if job.act == Act.REGISTER:
            self._once(condition in self.registered)
            if condition not in self.prepared:
                raise Refused(Answer.LATER, "not prepared yet")
            self.registered[condition] = self.tokens[condition]
            return [Said(Happened.REGISTERED, "", condition, 0)]
        if job.act == Act.REPORT_PAYOUTS:
            self._once(condition in self.reported)
            self.reported[condition] = job.payouts
            return []
        self._once(condition in self.redeemed)
        if condition not in self.reported:
            raise Refused(Answer.LATER, "no payouts yet")
        tokens, payouts = self._tokens(condition), self.reported[condition]
        brings = sum(
            amount * payouts[tokens.index(asset)] // TICKS_PER_UNIT
            for (_, asset), amount in self.amounts.items()
            if asset in tokens
        )
        self.redeemed.add(condition)
        self.unclaimed += brings
        return [Said(Happened.REDEEMED, "", condition, brings)]

    def _tokens(self, condition: str) -> tuple[str, str]:
        if condition not in self.registered:
            raise Refused(Answer.LATER, "no such condition")
        return self.registered[condition]

    def _take(self, who: str, asset: str, amount: int) -> None:
        if self.amounts[who, asset] < amount:
            raise Refused(Answer.NEVER, "not enough in escrow")
        self.amounts[who, asset] -= amount

    @staticmethod
    def _once(known: bool) -> None:  # noqa: FBT001 - asked in one place
        if known:
            raise Refused(Answer.DONE, "done already")
