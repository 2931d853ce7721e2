-- What chains said of fills, and how markets settle. A fill that waits for a chain trades when it is confirmed:
-- candles, turnovers and markets are made anew from the log, with everything else.
truncate users, api_keys, events, markets, balances, positions, orders, trades, journal, activity, audit,
    candles, turnovers, portfolios, accounts, profiles, seasons, limits;
update projection set n = 0;
alter table markets add column settlement smallint not null default 0;

create table verdicts (
    market_id bigint not null,
    trade_id bigint not null,
    fill bigint not null,
    verdict smallint not null,
    tx_hash text not null,
    reason text not null,
    at_us bigint not null,
    n bigint not null,
    primary key (market_id, trade_id, fill, verdict)
);
