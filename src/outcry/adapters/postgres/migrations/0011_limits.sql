-- What accounts may have. The tables are emptied: their writer makes them anew from the log, so that
-- the new one is whole.
truncate users, api_keys, events, markets, balances, positions, orders, trades, journal, activity,
    audit, candles, turnovers, portfolios, accounts, profiles, seasons;
update projection set n = 0;

create table limits (
    account bigint not null,
    market_id bigint not null,
    orders_max bigint not null,
    position_max bigint not null,
    notional_max bigint not null,
    primary key (account, market_id)
);
