-- What users have the contract pay out to them. The tables are made anew from the log, with everything else.
truncate users, api_keys, events, markets, balances, positions, orders, trades, journal, activity, audit,
    candles, turnovers, portfolios, accounts, profiles, seasons, limits, verdicts;
update projection set n = 0;

create table withdrawals (
    withdrawal_id bigint primary key,
    account bigint not null,
    asset bigint not null,
    amount bigint not null,
    status smallint not null,
    tx_hash text not null,
    reason text not null,
    begun_at_us bigint not null,
    ended_at_us bigint not null
);
create index withdrawals_of on withdrawals (account, withdrawal_id desc);
