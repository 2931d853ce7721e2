"""The snapshot of a kernel: its logical content, nothing of how it is stored.

One `SNAPSHOT_HEADER`, then one `SNAPSHOT_INSTRUMENT` for each instrument by rising id, then one
`SNAPSHOT_ORDER` for each resting order: by instrument as above, bids from best to worst, asks from
best to worst, in time priority within a price. Little-endian. Whoever stores it adds a checksum.
"""

from struct import Struct
from typing import Final


SNAPSHOT_MAGIC: Final = b"OUTCRYK1"
#: Rules of matching; a kernel restores only snapshots of the version it implements.
RULES_VERSION: Final = 1

#: magic 8s, rules_version q, seq q (last command), time_us q, account_orders_max q,
#: total_orders_max q, instruments q, orders q
SNAPSHOT_HEADER: Final = Struct("<8sqqqqqqq")
#: instrument I, kind B, state B, 2 pad, tick q, price_min q, price_max q, qty_min q, qty_max q,
#: orders_max q, orders q (that rest)
SNAPSHOT_INSTRUMENT: Final = Struct("<IBB2xqqqqqqq")
#: order_id q, account q, stp_group q, price q, remaining q, filled q, expire_at_us q, rank q,
#: instrument I, outcome B, side B, self_trade B, 1 pad. ``rank`` orders the orders of one account
#: as they were first placed; ``filled`` counts lots since the order was placed.
SNAPSHOT_ORDER: Final = Struct("<qqqqqqqqIBBBx")
