"""PostgreSQL: the ledger log, the projection and its queries. The only place that speaks SQL."""

from outcry.adapters.postgres.ledger_log import PostgresLedgerLog
from outcry.adapters.postgres.projection import PostgresProjection
from outcry.adapters.postgres.queries import PostgresQueries
from outcry.adapters.postgres.schema import SchemaMismatch, migrate
from outcry.adapters.postgres.series import PostgresSeries
from outcry.adapters.postgres.standings import PostgresCommunity


__all__ = [
    "PostgresCommunity",
    "PostgresLedgerLog",
    "PostgresProjection",
    "PostgresQueries",
    "PostgresSeries",
    "SchemaMismatch",
    "migrate",
]
