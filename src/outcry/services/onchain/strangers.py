"""What a transaction that is not ours settled: it counts only if it says what ours would say.

Another honest sender signs the same requests, so its transactions have the same content. Anything
else under a number of ours was another trade, of a log that is lost.
"""

from outcry.domain.errors import OutcryError
from outcry.messages.settlements import SettlementRequest
from outcry.ports.chain import Chain, ChainEvent, Unsettleable
from outcry.services.onchain.ahead import ADVICE
from outcry.services.onchain.parts import Part


class OtherTrade(OutcryError):
    """Under the number of a part of ours the chain has settled something else."""


def require_same(chain: Chain, part: Part, event: ChainEvent) -> None:
    """Make sure that *event*, if it settled *part*, settled what is asked; raises `OtherTrade`."""
    if event.failure is None and event.tx_hash not in part.hashes:
        require_asked(chain, part.request, event)


def require_asked(chain: Chain, request: SettlementRequest | None, event: ChainEvent) -> None:
    """Make sure that *event* settled what *request* asks for; raises `OtherTrade`."""
    if request is None or not _same(chain, request, event):
        what = f"other orders or amounts as trade {event.trade_id}, by {event.tx_hash}"
        raise OtherTrade(ADVICE.format(what=what))


def _same(chain: Chain, request: SettlementRequest, event: ChainEvent) -> bool:
    asked = {fill.fill for fill in request.fills}
    try:
        return asked.issuperset(event.fills) and (
            chain.content(request, event.fills) == event.content
        )
    except Unsettleable:
        return False
