-- The truth: one row per group commit, appended by one writer, never changed.
create table ledger_log (
    n bigint primary key check (n > 0),
    epoch bigint not null,
    at_us bigint not null,
    -- A packed outcry.messages.entry.Entry; empty for a fence row.
    body bytea not null,
    crc bigint not null
);

-- Which entry holds which commands ('c') and facts ('f'), written in the same statement. That
-- statement takes n from the row it just inserted: a foreign key would only check it again, at a
-- tenth of the commit's cost.
create table ledger_span (
    shard integer not null,
    kind text not null check (kind in ('c', 'f')),
    last_seq bigint not null,
    first_seq bigint not null check (first_seq <= last_seq),
    n bigint not null,
    primary key (shard, kind, last_seq)
);

-- Histories that an operator declared: streams, snapshots and checkpoints carry the newest id.
create table timeline (
    id bigint primary key,
    started_n bigint not null,
    reason text not null,
    at_us bigint not null
);
insert into timeline values (1, 0, 'created', 0);
