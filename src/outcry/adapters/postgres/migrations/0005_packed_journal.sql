-- The journal takes one row for an account and an entry instead of one for each leg: rows are what
-- writing tables costs. The tables are written again from the log.
drop table journal;
create table journal (
    account bigint not null,
    n bigint not null,
    -- Seven big-endian int64 for each leg; see pack_leg in outcry.ports.projection.
    legs bytea not null,
    primary key (account, n)
);
alter table journal alter column legs set storage external;

-- What the numbers in a leg's kind mean; the projector keeps it complete.
create table posting_kinds (
    kind smallint primary key,
    name text not null
);
create function leg_field(legs bytea, leg integer, field integer) returns bigint
language sql immutable strict parallel safe
return ('x' || encode(substring(legs from 1 + 56 * leg + 8 * field for 8), 'hex'))::bit(64)::bigint;

-- The journal leg by leg, for people who ask in SQL.
create view journal_legs as
select
    j.account,
    j.n,
    leg_field(j.legs, i, 0) as leg,
    leg_field(j.legs, i, 1) as asset,
    leg_field(j.legs, i, 2) as amount,
    leg_field(j.legs, i, 3) as balance_after,
    k.name as kind,
    leg_field(j.legs, i, 5) as ref,
    leg_field(j.legs, i, 6) as at_us
from journal j
cross join lateral generate_series(0, length(j.legs) / 56 - 1) i
join posting_kinds k on k.kind = leg_field(j.legs, i, 4);

truncate users, api_keys, events, markets, balances, positions, orders, trades, activity, audit,
    candles, turnovers, portfolios;
update projection set n = 0;
