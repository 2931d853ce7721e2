"""The gateway of the exchange: the TCP protocol before the sequencer."""

from outcry.services.gateway.door.keys import Keys
from outcry.services.gateway.door.service import Gateway, GatewayConfig


__all__ = ["Gateway", "GatewayConfig", "Keys"]
