"""The teller: has the contracts do what is to be done, and says what they never will.

What leaves is stored before. A job has at most one transaction that may still be mined: another is
signed only with the same nonce, or when the first is in a block and failed, or can be in none. So
what is given up cannot happen later.
"""

from collections.abc import Iterable
from typing import Final

import structlog
from msgspec import Struct

from outcry.messages.escrow_requests import GivenUp
from outcry.ports.chain import Price
from outcry.ports.escrow import ASKED_COUNT_MAX, Act, Answer, Escrow, Job, Refusal
from outcry.ports.transactions import Transaction, Transactions


#: Transactions that wait for a block at a time.
WAITING_COUNT_MAX: Final = 50
#: A job's number in the store: its act above this many bits.
_NUMBER_BITS: Final = 48
#: Jobs that belong to an operation, which can be given up.
_OPERATIONS: Final = (Act.PAY_OUT, Act.SPLIT, Act.MERGE)

_log = structlog.get_logger(__name__)


class Sent(Struct):
    """A job's transaction."""

    job: Job
    transaction: Transaction
    #: Block after which it was sent last; -1: in an earlier life.
    sent_at: int


class Teller:
    """The only sender of its nonces."""

    def __init__(
        self, escrow: Escrow, transactions: Transactions, *, confirmations: int, resend_blocks: int
    ) -> None:
        self._escrow = escrow
        self._transactions = transactions
        self._confirmations = confirmations
        self._resend_blocks = resend_blocks
        self._sent: dict[int, Sent] = {}
        #: Jobs that cannot be done at present, with the reason that was told.
        self.held_up: dict[int, str] = {}
        self.sent_count = 0
        #: Redemptions of nothing, and the block upon which that was first found.
        self._nothing: dict[int, int] = {}
        #: Jobs that had nothing to be sent for when they were asked about, longest ago first.
        self._idle: dict[int, None] = {}

    @property
    def waiting(self) -> int:
        """How many transactions have no end yet."""
        return len(self._sent)

    async def start(self, jobs: Iterable[Job]) -> None:
        """Remember what was signed in an earlier life for what is still to be done."""
        known = {key_of(job): job for job in jobs}
        for transaction in (await self._transactions.load()).transactions:
            job = known.get(transaction.trade_id)
            if job is not None:
                self._sent[transaction.trade_id] = Sent(job, transaction, -1)

    async def tidy(self) -> None:
        """Forget stored transactions of what is done."""
        await self._transactions.keep(0, set(self._sent))

    async def step(self, jobs: Iterable[Job], head: int) -> list[GivenUp]:
        """Send what is to be sent; return what the contracts refuse for good."""
        todo = {key_of(job): job for job in jobs}
        for key in [key for key in self._sent if key not in todo]:
            del self._sent[key]
        self.held_up = {key: why for key, why in self.held_up.items() if key in todo}
        self._idle = {key: None for key in self._idle if key in todo}
        self._nothing = {key: block for key, block in self._nothing.items() if key in todo}
        await self._look(head)
        idle = {key: place for place, key in enumerate(self._idle)}
        fresh = [job for key, job in todo.items() if key not in self._sent]
        fresh.sort(key=lambda job: idle.get(key_of(job), -1))
        room = min(WAITING_COUNT_MAX - len(self._sent), ASKED_COUNT_MAX)
        return await self._begin(fresh[: max(room, 0)], head) if fresh and room > 0 else []

    async def _look(self, head: int) -> None:
        """See what became of what was sent: failed, gone, or still waiting."""
        if not self._sent:
            return
        used = await self._escrow.used()
        sent, due = list(self._sent.items()), list[Sent]()
        found = await self._escrow.mined([one.transaction.tx_hash for _, one in sent])
        for (key, one), mined in zip(sent, found, strict=True):
            if mined is None and one.transaction.nonce < used:
                # One that offered less has its nonce, or one that we forgot: ask the contracts.
                if head - one.sent_at >= self._confirmations:
                    del self._sent[key]
            elif mined is None and head - one.sent_at >= self._resend_blocks:
                due.append(one)
            elif mined and not mined.succeeded and head - mined.block + 1 >= self._confirmations:
                del self._sent[key]

        # The last first: it fills a gap below, and nobody else has to move.
        for one in sorted(due, key=lambda one: one.transaction.nonce, reverse=True):
            await self._again(one, head)

    async def _again(self, one: Sent, head: int) -> None:
        """Send it again: in a gap below, or in place of the one before and for more.

        A deep reorganisation leaves gaps: what was in blocks before, and is done, is sent no more.
        Should the one above a gap be mined as well, the contract declines the second.
        """
        before = Price(one.transaction.max_fee, one.transaction.tip)
        (gap,) = await self._nonces(1)
        signed = None
        if gap < one.transaction.nonce:
            signed = self._signed(one.job, gap, await self._escrow.price())
        elif (price := await self._escrow.price(before)) != before:
            signed = self._signed(one.job, one.transaction.nonce, price)
        if signed:
            await self._transactions.save([signed.transaction])
            one.transaction = signed.transaction
        await self._escrow.send([one.transaction.raw])
        one.sent_at = head

    async def _begin(self, jobs: list[Job], head: int) -> list[GivenUp]:
        """Sign, store and send what the contracts would do now."""
        given_up: list[GivenUp] = []
        good: list[Job] = []
        refusals = await self._escrow.refusals(jobs)
        for job, refusal in zip(jobs, refusals, strict=True):
            if refusal.answer == Answer.WOULD:
                good.append(job)
            elif self._is_hopeless(job, refusal, head):
                given_up.append(GivenUp(job.number, refusal.reason))
            else:
                self._wait(job, refusal)
        if not good:
            return given_up
        price = await self._escrow.price()
        nonces = await self._nonces(len(good))
        fresh = [self._signed(job, nonce, price) for job, nonce in zip(good, nonces, strict=True)]
        await self._transactions.save([one.transaction for one in fresh])
        for one in fresh:
            one.sent_at = head
            self._sent[key_of(one.job)] = one
        await self._escrow.send([one.transaction.raw for one in fresh])
        self.sent_count += len(fresh)
        return given_up

    def _is_hopeless(self, job: Job, refusal: Refusal, head: int) -> bool:
        """Whether the contracts never will, or there is nothing to redeem.

        If nobody redeemed it in a block that is believed, what the ledger has are tokens that a
        deep reorganisation took.
        """
        if refusal.answer == Answer.NEVER:
            return job.act in _OPERATIONS
        if job.act != Act.REDEEM_FOR or refusal.answer != Answer.DONE:
            return False
        since = self._nothing.setdefault(key_of(job), head)
        return head - since >= self._confirmations

    def _signed(self, job: Job, nonce: int, price: Price) -> Sent:
        prepared = self._escrow.prepare(job, nonce, price)
        transaction = Transaction(
            key_of(job), (), nonce, prepared.tx_hash, prepared.raw, price.max_fee, price.tip
        )
        return Sent(job, transaction, -1)

    async def _nonces(self, count: int) -> list[int]:
        """Return nonces that nothing has, neither on the chain nor here."""
        taken = {one.transaction.nonce for one in self._sent.values()}
        nonce, nonces = await self._escrow.used(), list[int]()
        while len(nonces) < count:
            if nonce not in taken:
                nonces.append(nonce)
            nonce += 1
        return nonces

    def _wait(self, job: Job, refusal: Refusal) -> None:
        """Ask again about a job when all others were asked."""
        key, reason = key_of(job), refusal.reason
        self._idle.pop(key, None)
        self._idle[key] = None
        if refusal.answer == Answer.DONE:
            self.held_up.pop(key, None)
        elif self.held_up.get(key) != reason:
            self.held_up[key] = reason
            _log.info("escrow_job_waits", act=Act(job.act).name, number=job.number, reason=reason)


def key_of(job: Job) -> int:
    """Return the number that a job is stored by."""
    return job.act << _NUMBER_BITS | job.number
