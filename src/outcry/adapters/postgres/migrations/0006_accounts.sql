-- Further accounts of users, and by which API key something was done. The tables are emptied: their
-- writer makes them anew from the log, so that the new one is whole.
truncate users, api_keys, events, markets, balances, positions, orders, trades, journal, activity,
    audit, candles, turnovers, portfolios;
update projection set n = 0;

create table accounts (
    account bigint primary key,
    user_id bigint not null,
    label text not null,
    created_at_us bigint not null
);
create index accounts_user on accounts (user_id, account);
create index api_keys_user on api_keys (user_id, key_id);

alter table audit add column key_id bigint not null default 0;
