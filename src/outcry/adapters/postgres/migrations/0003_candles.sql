-- Candles, turnovers and portfolios, trades by market, and the exchange's time beside the position. The tables
-- are emptied: their writer makes them anew from the log, so that the new ones are whole.
truncate users, api_keys, events, markets, balances, positions, orders, trades, journal, activity,
    audit;
update projection set n = 0;
alter table projection add column at_us bigint not null default 0;

-- The public reads the last trades of a market: its key finds them.
alter table trades drop constraint trades_pkey;
alter table trades add primary key (market_id, trade_id, fill);

create table candles (
    market_id bigint not null,
    seconds bigint not null,
    start_us bigint not null,
    open bigint not null,
    high bigint not null,
    low bigint not null,
    close bigint not null,
    qty bigint not null,
    value bigint not null,
    trades bigint not null,
    primary key (market_id, seconds, start_us)
) with (fillfactor = 70);

create table turnovers (
    account bigint not null,
    day_us bigint not null,
    volume bigint not null,
    fees bigint not null,
    trades bigint not null,
    primary key (account, day_us)
) with (fillfactor = 70);
create index turnovers_day on turnovers (day_us);

create table portfolios (
    account bigint not null,
    at_us bigint not null,
    cash bigint not null,
    tokens bigint not null,
    primary key (account, at_us)
);
