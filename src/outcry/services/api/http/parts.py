"""What routes work with, taken from the application's state.

It is not injected: the framework resolves injected dependencies in tasks of their own, which costs
more than the rest of a request.
"""

from typing import Final, NamedTuple, cast

from litestar import Request
from litestar.datastructures import State
from prometheus_client import CollectorRegistry, Counter

from outcry.runtime.envelope import Refused
from outcry.runtime.gate import Gate
from outcry.runtime.rates import Rates
from outcry.services.api.accounts import Accounts
from outcry.services.api.addresses import Addresses
from outcry.services.api.catalogue import Catalogue
from outcry.services.api.charts import Charts
from outcry.services.api.clob.door import ClobDoor
from outcry.services.api.operator import Operator
from outcry.services.api.ordering import Ordering
from outcry.services.api.people import People
from outcry.services.api.readiness import Readiness
from outcry.services.api.social import Social
from outcry.services.api.trading import Trading


Asked = Request[None, None, State]

#: Where the parts stand in the application's state.
PARTS: Final = "parts"


class Parts(NamedTuple):
    """The parts of the HTTP door."""

    gate: Gate
    #: By user, and by API key: ``("user", id)``, ``("key", id)``.
    holders: Rates[tuple[str, int]]
    catalogue: Catalogue
    accounts: Accounts
    charts: Charts
    social: Social
    ordering: Ordering
    trading: Trading
    operator: Operator
    people: People
    addresses: Addresses
    readiness: Readiness
    #: None where the CLOB surface is not served.
    clob: ClobDoor | None
    registry: CollectorRegistry
    rejects: Counter

    def note(self, refused: Refused) -> None:
        """Count a declined request by its rule."""
        reject = refused.rejected.reject
        self.rejects.labels(str(int(reject)), reject.name).inc()


def parts(request: Asked) -> Parts:
    """Return the parts of the application that was asked."""
    return cast("Parts", request.app.state[PARTS])


def clob(request: Asked) -> ClobDoor:
    """Return the parts of the CLOB surface, which is served or its routes would not be there."""
    found = parts(request).clob
    assert found is not None, "the routes of the surface come with its parts"
    return found
