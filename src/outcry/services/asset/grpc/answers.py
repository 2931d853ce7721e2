"""From the ledger's answers to replies of typed calls."""

from outcry.domain.rejects import Reject, Rejected
from outcry.domain.units import format_money, format_quantity
from outcry.messages.requests import Declined, FundsResult, OrderAccepted, OrderResult
from outcry.messages.requests import Done as OperationDone
from outcry.rpc import asset_pb2 as pb
from outcry.services.asset.grpc.facts import CommandFacts
from outcry_wire.sentences import SENTENCES


def write(result: FundsResult | OrderResult | Rejected) -> pb.Reply:
    """Return *result* as a reply."""
    if isinstance(result, Declined | Rejected):
        return pb.Reply(declined=_declined(result))
    if isinstance(result, OrderAccepted):
        return pb.Reply(order=_order(result))
    assert isinstance(result, OperationDone), "no typed call is answered otherwise"
    amount = format_money(result.amount) if result.amount else ""
    return pb.Reply(done=pb.Done(n=result.n, amount=amount, repeated=result.repeated))


def applied(facts: CommandFacts) -> pb.Reply:
    """Return that *facts* are applied and committed."""
    return pb.Reply(
        applied=pb.FactsApplied(
            shard=facts.shard,
            seq=facts.seq,
            order_ids=facts.order_ids,
            trade_id=facts.trade_id,
        )
    )


def tagged(reply: pb.Reply, tag: int) -> pb.Reply:
    """Return *reply* with the tag of its call."""
    reply.tag = tag
    return reply


def _order(order: OrderAccepted) -> pb.OrderCreated:
    return pb.OrderCreated(
        order_id=order.order_id,
        n=order.n,
        update_id=order.update_id,
        status=order.status,
        filled_quantity=format_quantity(order.filled),
        remaining_quantity=format_quantity(order.remaining),
        volume=format_money(order.volume),
        fee=format_money(order.fee),
        reject=order.reject,
        repeated=order.repeated,
    )


def _declined(declined: Declined | Rejected) -> pb.Declined:
    reject = Reject(declined.reject)
    return pb.Declined(
        reject=reject,
        name=reject.name,
        message=SENTENCES[reject],
        got=declined.got,
        expected=declined.expected,
        retry_after_ms=declined.retry_after_ms if isinstance(declined, Declined) else 0,
    )
