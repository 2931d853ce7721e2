-- Profiles, invitations, seasons and their standings, and what positions cost in all. The tables are
-- emptied: their writer makes them anew from the log, so that the new columns are whole.
truncate users, api_keys, events, markets, balances, positions, orders, trades, journal, activity,
    audit, candles, turnovers, portfolios, accounts;
update projection set n = 0;

-- A person may trade on several accounts.
alter table turnovers rename column account to user_id;

alter table users add column invited_by bigint not null;
create index users_invited_by on users (invited_by, user_id) where invited_by > 0;

alter table positions add column paid_0 bigint not null, add column paid_1 bigint not null;

create table profiles (
    user_id bigint primary key,
    name text not null,
    bio text not null,
    image text not null
);

create table seasons (
    season_id bigint primary key,
    name text not null,
    start_us bigint not null,
    end_us bigint not null
);

-- Written by a job that may run again at any time, from the tables above alone.
create table standings (
    season_id bigint not null,
    user_id bigint not null,
    points bigint not null,
    trading bigint not null,
    invited bigint not null,
    inviting bigint not null,
    volume bigint not null,
    points_rank bigint not null,
    volume_rank bigint not null,
    primary key (season_id, user_id)
);
create index standings_points on standings (season_id, points_rank);
create index standings_volume on standings (season_id, volume_rank);
-- Of which days, and at which entry and time of the tables, the standings of a season were made.
create table scored (
    season_id bigint primary key,
    start_us bigint not null,
    end_us bigint not null,
    n bigint not null,
    at_us bigint not null
);
