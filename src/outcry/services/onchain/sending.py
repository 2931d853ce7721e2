"""Sending: what leaves is stored before, and what the chain would decline does not leave."""

from outcry.messages.chain_requests import ChainVerdict
from outcry.ports.chain import SETTLED, SIMULATE_COUNT_MAX, Chain
from outcry.ports.transactions import Transaction, Transactions
from outcry.services.onchain.parts import Part, Parts, failed


class Sender:
    """The only sender of transactions of its nonces."""

    def __init__(self, chain: Chain, transactions: Transactions, resend_blocks: int) -> None:
        self._chain = chain
        self._transactions = transactions
        self._resend_blocks = resend_blocks
        self.sent = 0

    async def send_new(self, parts: Parts, head: int) -> list[ChainVerdict]:
        """Sign, store and send what has no transaction; return what the chain would decline."""
        fresh = [part for part in parts.open.values() if part.transaction is None]
        fresh = fresh[:SIMULATE_COUNT_MAX]
        if not fresh:
            return []
        nonces = await self._nonces(parts, len(fresh))
        raws = [self._signed(part, nonce).raw for part, nonce in zip(fresh, nonces, strict=True)]
        failures = await self._chain.simulate(raws)
        good = [part for part, failure in zip(fresh, failures, strict=True) if failure is None]
        # Nonces are dense: who goes takes the place of who does not.
        signed = [self._signed(part, nonce) for part, nonce in zip(good, nonces, strict=False)]
        await self._transactions.save(signed)
        for part, transaction in zip(good, signed, strict=True):
            part.transaction = transaction
            await self._send(part, head)
        # What another transaction has settled is found in its block: that is no failure.
        return [
            verdict
            for part, failure in zip(fresh, failures, strict=True)
            if failure is not None and failure.reason != SETTLED
            for verdict in failed(part.request.trade_id, part.fills, failure, "")
        ]

    async def send_again(self, parts: Parts, head: int) -> None:
        """Send what should be in a block by now and is not."""
        for part in parts.open.values():
            if part.transaction is None or part.mined is not None:
                continue
            if part.sent_at < 0:
                await self._send(part, head)
            elif head - part.sent_at >= self._resend_blocks:
                await self._close_gap(parts, part)
                await self._send(part, head)

    async def _close_gap(self, parts: Parts, part: Part) -> None:
        """Sign with a lower nonce that nothing has any more: without it the others wait for ever.

        Should the first transaction be mined as well, the chain declines the second.
        """
        (nonce,) = await self._nonces(parts, 1)
        if part.transaction is not None and nonce < part.transaction.nonce:
            part.transaction = self._signed(part, nonce)
            await self._transactions.save([part.transaction])

    async def _send(self, part: Part, head: int) -> None:
        assert part.transaction is not None, "only what is signed and stored is sent"
        await self._chain.send(part.transaction.raw)
        part.sent_at = head
        self.sent += 1

    def _signed(self, part: Part, nonce: int) -> Transaction:
        prepared = self._chain.prepare(part.request, part.fills, nonce)
        fills = tuple(part.fills)
        return Transaction(part.request.trade_id, fills, nonce, prepared.tx_hash, prepared.raw)

    async def _nonces(self, parts: Parts, count: int) -> list[int]:
        """Return nonces that nothing has, neither on the chain nor here."""
        taken = {part.transaction.nonce for part in parts.open.values() if part.transaction}
        nonces: list[int] = []
        nonce = await self._chain.nonce()
        while len(nonces) < count:
            if nonce not in taken:
                nonces.append(nonce)
            nonce += 1
        return nonces
