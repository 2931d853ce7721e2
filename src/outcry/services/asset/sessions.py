"""Sessions at the sequencer: every numbered command of a client is taken once, or never.

The sender may repeat what it likes. A repeat of an order is answered with the first answer, of
another command that was taken with the entry by which it was, of a refused one with a refusal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from outcry.domain.ledger.sessions import (
    SESSION_LIMIT,
    Session,
    advance,
    left_out,
    was_refused,
)
from outcry.domain.rejects import Reject
from outcry.messages.commands import CancelOrder
from outcry.messages.requests import (
    CancelAccepted,
    CancelAllRequest,
    Declined,
    OrderAccepted,
    OrderCommand,
    PlaceRequest,
    SessionCommand,
)
from outcry.messages.session_records import SessionOpened
from outcry.messages.session_requests import (
    CancelUnattended,
    SessionGranted,
    SessionRequest,
)
from outcry.services.asset.answers import busy
from outcry.services.asset.tickets import Ticket


if TYPE_CHECKING:
    from outcry.domain.ledger.state import Ledger
    from outcry.services.asset.sequencer import Sequencer


def ask(sequencer: Sequencer, request: SessionRequest) -> Ticket:
    """Open a session, or cancel what goes with connections that are gone."""
    if isinstance(request, CancelUnattended):
        return _cancel_unattended(sequencer, request)
    ledger, key = sequencer.ledger, (request.account, request.session)
    if request.account not in ledger.owners:
        return Ticket(Declined(Reject.ACCOUNT_UNKNOWN, str(request.account)))
    if not 0 <= request.session < SESSION_LIMIT:
        bound = f"0 to {SESSION_LIMIT - 1}"
        return Ticket(Declined(Reject.FIELD_INVALID, f"session {request.session}", bound))
    known = ledger.sessions.get(key) or Session()
    if request.after and known.opened not in {request.after, request.opened}:
        return Ticket(Declined(Reject.SESSION_MOVED))
    api_key = (request.key_id, request.generation)
    if not _is_good(ledger, api_key):
        return Ticket(Declined(Reject.KEY_INVALID))
    if known.opened != request.opened:
        place = (*key, request.opened, request.gate)
        sequencer.record(SessionOpened(sequencer.time_us, 0, *place, *api_key))
    return Ticket(SessionGranted(sequencer.batch.covering_n, known.last_seq))


def _is_good(ledger: Ledger, api_key: tuple[int, int]) -> bool:
    key_id, generation = api_key
    key = ledger.keys.get(key_id)
    return key is not None and not key.revoked and key.generation == generation


def take(sequencer: Sequencer, request: SessionCommand) -> Ticket:
    """Carry out a command unless the session sent it before."""
    account, seq = request.command.account, request.seq
    session = sequencer.ledger.sessions.get((account, request.session))
    if session is None or session.opened != request.opened:
        return Ticket(Declined(Reject.SESSION_MOVED))
    if not _is_good(sequencer.ledger, session.key):
        return Ticket(Declined(Reject.KEY_INVALID))
    if seq <= session.last_seq:
        return _repeat(sequencer, session, seq, request.command)
    goes_with = request.session + 1 if session.gate else 0
    ticket = sequencer.take_command(request.command, goes_with)
    if not isinstance(ticket.result, Declined):
        refused = left_out(session, seq)
        advance(session, seq, refused, sequencer.batch.n)
        sequencer.batch.add_taken((account, request.session), seq, refused)
    return ticket


def _repeat(sequencer: Sequencer, session: Session, seq: int, command: OrderCommand) -> Ticket:
    """Answer a command that was sent before, and do nothing."""
    if was_refused(session, seq):
        return Ticket(Declined(Reject.REFUSED_BEFORE, f"command {seq}"))
    ledger = sequencer.ledger
    if isinstance(command, PlaceRequest):
        if (command.account, command.client_order_id) in ledger.client_orders:
            return sequencer.take_command(command)
        return Ticket(Declined(Reject.OUT_OF_SEQUENCE, str(seq), f"{session.last_seq + 1}"))
    order_id = 0
    if not isinstance(command, CancelAllRequest):
        known = ledger.client_orders.get((command.account, command.client_order_id))
        order_id = command.order_id or (known.order_id if known else 0)
    return Ticket(OrderAccepted(order_id, session.n, repeated=True))


def _cancel_unattended(sequencer: Sequencer, request: CancelUnattended) -> Ticket:
    """Number cancels of a part of the orders whose gateway has no connection for them."""
    ledger = sequencer.ledger
    gone = {key for key, one in ledger.sessions.items() if one.gate == request.gate and one.gate}
    seqs: list[tuple[int, int]] = []
    found: list[int] = []
    for order in ledger.orders.values():
        if not order.session or (order.account, order.session - 1) not in gone:
            continue
        shard = ledger.markets[order.market_id].shard
        if sequencer.is_busy(shard, cancels=True):
            return Ticket(busy())
        seq, place = sequencer.next_seq(shard), (order.account, order.order_id)
        command = CancelOrder(order.market_id, seq, sequencer.time_us, *place)
        seqs.append((shard, sequencer.number(shard, command)))
        found.append(order.order_id)
        if len(found) >= request.count_max:
            break
    return Ticket(CancelAccepted(sequencer.batch.covering_n, found), tuple(seqs))
