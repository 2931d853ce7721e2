"""Redis or Valkey: the bus. The only place that speaks its protocol."""

from outcry.adapters.redis.bus import RedisBus


__all__ = ["RedisBus"]
