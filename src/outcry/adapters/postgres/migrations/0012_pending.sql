-- What waits for a chain, outside the total: what comes when it is confirmed, what comes back when
-- it fails. Tables of before have no such markets.
alter table balances
    add column incoming bigint not null default 0 check (incoming >= 0),
    add column outgoing bigint not null default 0 check (outgoing >= 0);
