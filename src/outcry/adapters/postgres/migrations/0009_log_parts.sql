-- The log in parts of a million entries, so that what was archived can be let go of as a whole
-- table. What is there becomes the first part; the writer makes the next ones ahead of need.
alter table ledger_log rename to ledger_log_0;
alter table ledger_log_0 rename constraint ledger_log_pkey to ledger_log_0_pkey;
create table ledger_log (
    n bigint not null constraint ledger_log_n_check check (n > 0),
    epoch bigint not null,
    at_us bigint not null,
    body bytea storage external not null,
    crc bigint not null,
    primary key (n)
) partition by range (n);
do $$
declare
    upto bigint := ((select coalesce(max(n), 0) from ledger_log_0) / 1000000 + 1) * 1000000;
begin
    execute format(
        'alter table ledger_log attach partition ledger_log_0 for values from (minvalue) to (%s)', upto
    );
end $$;

-- What the archive has taken over: entries up to last_n are there and may be missing here.
create table log_archive (
    last_n bigint primary key,
    first_n bigint not null,
    sha256 text not null,
    at_us bigint not null
);
