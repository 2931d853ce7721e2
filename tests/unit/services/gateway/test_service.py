"""The engine's service on its own: what it counts."""

from tests.support.tcp_records import cancel, framed

from outcry.services.gateway.config import Limits
from outcry.services.gateway.journal import Entry, Kind
from outcry.services.gateway.logons import Logons
from outcry.services.gateway.service import EngineService
from outcry_wire.rejects import Reject


async def test_what_a_recovery_carries_out_again_is_not_refused_once_more() -> None:
    """Figures are of the life of this process: an alert must not fire for a start."""
    engine = EngineService(Limits(), Logons(None))
    session = engine.room.open(5, 1, 5)
    engine.room.apply(Entry(Kind.FRAMES, session, 4_000, framed(cancel(1, 9), cancel(2, 9))))
    engine.recovered()
    assert engine.rejects() == {}
    engine.room.apply(Entry(Kind.FRAMES, session, 5_000, framed(cancel(3, 9))))
    engine.refusals[Reject.RECORD_INVALID] += 1
    assert engine.rejects() == {Reject.ORDER_UNKNOWN: 1, Reject.RECORD_INVALID: 1}
