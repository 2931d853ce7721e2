"""Sending: what leaves is stored before, and what the chain would decline does not leave.

Nobody else should send with the same key. If somebody does, nothing settles twice, since the chain
takes each part once; a transaction whose nonce another one used is signed again; and who finds the
other stands by for a while, so that the two do not go on taking each other's nonces.
"""

from typing import Final

import structlog

from outcry.messages.chain_requests import ChainVerdict
from outcry.messages.settlement_status import SettlementStage
from outcry.ports.chain import SETTLED, SIMULATE_COUNT_MAX, Chain, Failure, Price, Unsettleable
from outcry.ports.transactions import Transaction, Transactions
from outcry.services.onchain.config import OnchainConfig
from outcry.services.onchain.news import News
from outcry.services.onchain.nonces import Nonces
from outcry.services.onchain.parts import Part, Parts, failed
from outcry.services.onchain.strangers import require_same


#: Fresh transactions of which as many that wait are simulated again: they share orders.
SHARED_COUNT_MAX: Final = SIMULATE_COUNT_MAX // 2

_log = structlog.get_logger(__name__)


class Sender:
    """Signs, stores and sends."""

    def __init__(
        self, chain: Chain, transactions: Transactions, news: News, config: OnchainConfig
    ) -> None:
        self._chain = chain
        self._transactions = transactions
        self._news = news
        self._config = config
        self.nonces = Nonces(config.resend_blocks)
        #: Block up to which nothing is sent, because somebody else sends.
        self._standby_until = -1
        #: Whether the operator's ceiling keeps a transaction from being replaced.
        self.capped = False
        #: Whether more waits to be sent than was sent at once.
        self.behind = False
        self._counts = {"sent": 0, "replaced": 0, "displaced": 0, "others": 0}

    def status(self, head: int) -> dict[str, int]:
        """Return figures."""
        return {
            "standby": int(head <= self._standby_until),
            "price_capped": int(self.capped),
            "waiting_blocks": self.nonces.waits(head),
            **{f"{name}_total": count for name, count in self._counts.items()},
        }

    def another(self, head: int, tx_hash: str) -> None:
        """Somebody else's transaction took a place of ours: send nothing for a while."""
        self._counts["others"] += 1
        if head > self._standby_until:
            hint = "is a second onchain service running with this key?"
            _log.error("another_sender", tx_hash=tx_hash, block=head, hint=hint)
        self._standby_until = head + self._config.standby_blocks

    async def look(self, parts: Parts, scanned: int) -> None:
        """Find out which nonces are in blocks below *scanned*, all of whose events are known."""
        waiting = [part for part in parts.open.values() if part.waits]
        # Of its newest block a node may say what is so in the next one, whose events nobody knows.
        used = await self._chain.used(max(scanned - 1, 0))
        for part in waiting:
            assert part.transaction is not None, "it waits"
            if part.transaction.nonce < used:
                # Another transaction had this nonce; or ours came too late, and something settled.
                if self.nonces.is_only(part.transaction):
                    self.another(scanned, part.transaction.tx_hash)
                self._counts["displaced"] += 1
                part.transaction, part.sent_at = None, -1
        unmined = any(part.mined is None for part in parts.open.values())
        self.nonces.used_up_to(used, scanned, waiting=unmined)

    async def send_new(self, parts: Parts, head: int) -> list[ChainVerdict]:
        """Sign, store and send what has no transaction; return what the chain would decline."""
        self.behind = False
        fresh = self._fresh(parts, head)
        if not fresh:
            return []
        pending = await self._chain.nonce()
        if self.nonces.others_wait(pending, head):
            # What they settle is unknown: a failure that was reported could settle after all.
            return []
        price = await self._chain.price()
        nonces = self.nonces.free(_taken(parts), pending, head, len(fresh))
        drafts: list[Transaction] = []
        unsettleable: list[ChainVerdict] = []
        for part, nonce in zip(fresh, nonces, strict=True):
            try:
                drafts.append(self._signed(part, nonce, price))
            except Unsettleable as error:
                unsettleable += failed(part.request.trade_id, part.fills, error.failure, "")
        if unsettleable:
            return unsettleable
        failures = await self._simulate(parts, fresh, drafts)
        # What was more than is simulated at once is next.
        more = len(fresh) == SIMULATE_COUNT_MAX or len(failures) < len(fresh)
        self.behind = more and bool(failures)
        fresh = fresh[: len(failures)]
        good = [part for part, failure in zip(fresh, failures, strict=True) if failure is None]
        by_nonce = {draft.nonce: draft for draft in drafts}
        # Nonces are dense: who goes takes the place of who does not.
        for part, nonce in zip(good, nonces, strict=False):
            draft = by_nonce[nonce]
            mine = (draft.trade_id, draft.fills) == (part.request.trade_id, tuple(part.fills))
            part.transaction = draft if mine else self._signed(part, nonce, price)
        await self._store_and_send(good, head)
        return await self._declined(fresh, failures, head)

    async def send_again(self, parts: Parts, head: int) -> None:
        """Send what should be in a block by now and is not, for more, or in a free place."""
        if head <= self._standby_until:
            return
        unsent = [part for part in parts.open.values() if part.waits and part.sent_at < 0]
        due = [
            part
            for part in parts.open.values()
            if part.waits and 0 <= part.sent_at <= head - self._config.resend_blocks
        ]
        if due:
            await self._replace(parts, due, head)
        elif not any(part.waits for part in parts.open.values()):
            self.capped = False
        await self._send(unsent, head)

    async def _replace(self, parts: Parts, due: list[Part], head: int) -> None:
        """Sign again what waits behind a gap, or offers less than blocks ask."""
        now = await self._chain.price()
        pending = await self._chain.nonce()
        self.capped = False
        # The last first: it fills the gap, and nobody else has to move.
        for part in sorted(due, key=_nonce, reverse=True):
            before = part.transaction
            assert before is not None, "it waits"
            (gap,) = self.nonces.free(_taken(parts), pending, head, 1)
            offered = Price(before.max_fee, before.tip)
            if gap < before.nonce:
                # Without it everything above waits for ever. Should the first transaction be
                # mined as well, the chain declines the second.
                part.transaction = self._signed(part, gap, now)
            elif before.nonce == self.nonces.used or now.max_fee > offered.max_fee:
                price = await self._chain.price(offered)
                self.capped |= price == offered
                part.transaction = self._signed(part, before.nonce, price)
            self._counts["replaced"] += part.transaction != before
        await self._store_and_send(due, head)

    async def _store_and_send(self, parts: list[Part], head: int) -> None:
        fresh = []
        for part in parts:
            transaction = part.transaction
            assert transaction is not None, "it was signed"
            if transaction.tx_hash not in part.hashes:
                fresh.append(transaction)
                part.signed(transaction)
                self._news.note(part, SettlementStage.SENT)
            self.nonces.take(transaction)
        if fresh:
            await self._transactions.save(fresh)
        await self._send(parts, head)

    async def _send(self, parts: list[Part], head: int) -> None:
        raws = [part.transaction.raw for part in sorted(parts, key=_nonce) if part.transaction]
        if raws:
            await self._chain.send(*raws)
        for part in parts:
            part.sent_at = head
        self._counts["sent"] += len(raws)

    def _fresh(self, parts: Parts, head: int) -> list[Part]:
        """Return parts that are to be sent now, as many as may wait for a block at once."""
        if head <= self._standby_until:
            return []
        waiting = sum(part.waits for part in parts.open.values())
        room = min(SIMULATE_COUNT_MAX, self._config.in_flight_count_max - waiting)
        found: list[Part] = []
        for part in parts.open.values():
            if len(found) >= room:
                break
            if part.transaction is None and part.mined is None:
                found.append(part)
        return found

    async def _simulate(
        self, parts: Parts, fresh: list[Part], drafts: list[Transaction]
    ) -> list[Failure | None]:
        """Return what would become of the first of *fresh*, after what waits and shares orders.

        Of none of them where what waits is as much as is simulated at once.
        """
        orders = {order for part in fresh for order in _orders(part)}
        before = [part for part in parts.open.values() if part.waits and orders & _orders(part)]
        before = sorted(before, key=_nonce)[:SHARED_COUNT_MAX]
        raws = [part.transaction.raw for part in before if part.transaction]
        raws += [draft.raw for draft in drafts]
        failures = await self._chain.simulate(raws[:SIMULATE_COUNT_MAX])
        return failures[len(before) :]

    async def _declined(
        self, fresh: list[Part], failures: list[Failure | None], head: int
    ) -> list[ChainVerdict]:
        """Return the verdicts on what the chain would decline, and nothing can settle any more.

        What was sent for it and lost its nonce of late may be mined after all: the block that took
        the nonce has to have its confirmations first.
        """
        verdicts: list[ChainVerdict] = []
        declined = [pair for pair in zip(fresh, failures, strict=True) if pair[1] is not None]
        final = self.nonces.used
        if any(part.nonces for part, _ in declined):
            final = await self._chain.used(max(head - self._config.confirmations, 0))
        for part, failure in declined:
            assert failure is not None, "chosen above"
            of_late = any(final <= nonce < self.nonces.used for nonce in part.nonces)
            if not await self._was_settled(part, failure) and not of_late:
                verdicts += failed(part.request.trade_id, part.fills, failure, "")
        return verdicts

    async def _was_settled(self, part: Part, failure: Failure) -> bool:
        """Whether the failure is none, since the part is settled: then find out in which block."""
        if failure.reason != SETTLED:
            return False
        event = await self._chain.settled(part.request.trade_id, part.fills[0], 0)
        if event is not None:
            require_same(self._chain, part, event)
        part.mined = event
        return True

    def _signed(self, part: Part, nonce: int, price: Price) -> Transaction:
        prepared = self._chain.prepare(part.request, part.fills, nonce, price)
        fills, trade_id = tuple(part.fills), part.request.trade_id
        return Transaction(trade_id, fills, nonce, prepared.tx_hash, prepared.raw, *price)


def _nonce(part: Part) -> int:
    return part.transaction.nonce if part.transaction else 0


def _taken(parts: Parts) -> set[int]:
    return {part.transaction.nonce for part in parts.open.values() if part.transaction}


def _orders(part: Part) -> set[int]:
    """Return the orders in a part."""
    fills = part.request.fills
    return {fills[0].taker.order_id, *(fill.maker.order_id for fill in fills)}
