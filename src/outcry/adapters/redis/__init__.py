"""Redis or Valkey: the bus. The only place that speaks its protocol."""

from outcry.adapters.redis.bus import RedisBus
from outcry.adapters.redis.inbox import RedisInbox


__all__ = ["RedisBus", "RedisInbox"]
