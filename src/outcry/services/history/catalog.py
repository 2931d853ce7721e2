"""The catalog: what the log says about markets and keys that the ledger has no use for. Pure.

The ledger keeps what rules ask for; titles, images and labels are only shown. Rows of markets and
keys are written whole each time, so their texts must be at hand when a state changes.
"""

from typing import Self

from msgspec import MsgspecError, Struct, field, msgpack

from outcry.domain.errors import CorruptError
from outcry.domain.ledger.escrow import Operation
from outcry.domain.ledger.state import Market
from outcry.messages.escrow_records import EscrowBegun, EscrowEnded
from outcry.messages.ledger_records import (
    AddMarket,
    KeyCreated,
    KeyRevoked,
    KeyRotated,
    LedgerRecord,
)
from outcry.ports.projection import KeyRow, MarketRow
from outcry.ports.rows import Payment, WithdrawalRow


class Catalog(Struct, array_like=True):
    """Texts by market, API keys, and open withdrawals, as of the last record taken."""

    _markets: dict[int, AddMarket] = field(default_factory=dict)
    _keys: dict[int, KeyRow] = field(default_factory=dict)
    #: Those without an end, and those that ended since `forget_ended`.
    _withdrawals: dict[int, WithdrawalRow] = field(default_factory=dict)

    def pack(self) -> bytes:
        """Return everything as bytes, to stand beside the ledger in a checkpoint."""
        return msgpack.encode(self)

    @classmethod
    def unpack(cls, body: bytes) -> Self:
        """Return the catalog in *body*; raises `CorruptError` when it holds none."""
        try:
            return msgpack.decode(body, type=cls)
        except MsgspecError as error:
            raise CorruptError(f"a catalog does not decode: {error}") from error

    def take(self, record: LedgerRecord) -> None:
        """Remember what *record* says."""
        if isinstance(record, AddMarket):
            self._markets[record.market_id] = record
        elif isinstance(record, KeyCreated):
            self._keys[record.key_id] = KeyRow(
                key_id=record.key_id,
                user_id=record.user_id,
                generation=record.generation,
                scopes=" ".join(record.scopes),
                label=record.label,
                created_at_us=record.at_us,
                revoked_at_us=0,
            )
        elif isinstance(record, KeyRotated):
            rotated = self._keys[record.key_id]._replace(generation=record.generation)
            self._keys[record.key_id] = rotated
        elif isinstance(record, KeyRevoked):
            revoked = self._keys[record.key_id]._replace(revoked_at_us=record.at_us)
            self._keys[record.key_id] = revoked

        elif isinstance(record, EscrowBegun) and record.kind == Operation.WITHDRAW:
            self._withdrawals[record.operation_id] = WithdrawalRow(
                record.operation_id, record.account, record.asset, record.qty, Payment.WAITING,
                "", "", record.at_us, 0,
            )  # fmt: skip
        elif isinstance(record, EscrowEnded) and record.operation_id in self._withdrawals:
            begun = self._withdrawals[record.operation_id]
            self._withdrawals[record.operation_id] = begun._replace(
                status=Payment.PAID if record.done else Payment.FAILED,
                tx_hash=record.tx_hash, reason=record.reason, ended_at_us=record.at_us,
            )  # fmt: skip

    def withdrawal_row(self, withdrawal_id: int) -> WithdrawalRow | None:
        """Return the row of a withdrawal; None: an operation of that number is something else."""
        return self._withdrawals.get(withdrawal_id)

    def forget_ended(self) -> None:
        """The rows of withdrawals that have ended are made: nothing of them changes any more."""
        self._withdrawals = {
            number: row
            for number, row in self._withdrawals.items()
            if row.status == Payment.WAITING
        }

    def key_row(self, key_id: int) -> KeyRow:
        """Return the row of an API key."""
        return self._keys[key_id]

    def market_row(self, market: Market) -> MarketRow:
        """Return the row of *market* as it stands."""
        said = self._markets[market.market_id]
        return MarketRow(
            market_id=market.market_id,
            event_id=market.event_id,
            shard=market.shard,
            identifier=market.identifier,
            slug=said.slug,
            title=said.title,
            question=said.question,
            image=said.image,
            condition_id=said.condition_id,
            parent_collection_id=said.parent_collection_id,
            outcome_0=said.outcome_0,
            outcome_1=said.outcome_1,
            token_0=said.token_0,
            token_1=said.token_1,
            tick=market.tick,
            price_min=market.price_min,
            price_max=market.price_max,
            qty_min=market.qty_min,
            qty_max=market.qty_max,
            orders_max=market.orders_max,
            fee_version=market.fee_version,
            state=int(market.state),
            payout_0=market.payout[0],
            payout_1=market.payout[1],
            end_at_us=market.end_at_us,
            created_at_us=said.at_us,
            closed_at_us=market.closed_at_us,
            resolved_at_us=market.resolved_at_us,
            volume=market.volume,
            last_price=market.last_price,
            settlement=market.settlement,
            dispute_window_us=market.dispute_window_us,
            proposed_0=market.proposed[0],
            proposed_1=market.proposed[1],
            final_at_us=market.final_at_us,
        )
