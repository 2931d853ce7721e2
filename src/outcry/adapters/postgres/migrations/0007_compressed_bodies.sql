-- Bodies come compressed; see outcry.adapters.postgres.bodies. Older rows stay readable as they are.
alter table ledger_log alter column body set storage external;
