-- Tables for reading, written behind the log by one projector and rebuilt from it at will. Columns
-- are the fields of the rows in outcry.ports.projection; ids of tokens are text (up to 78 digits).

-- The last log entry whose rows are in the tables below, changed in the same transaction.
create table projection (
    name text primary key,
    n bigint not null check (n >= 0)
);
insert into projection values ('tables', 0);

create table users (
    user_id bigint primary key,
    account bigint not null,
    external_id text not null unique,
    address text not null,
    name text not null,
    created_at_us bigint not null
);

create table api_keys (
    key_id bigint primary key,
    user_id bigint not null,
    generation bigint not null,
    scopes text not null,
    label text not null,
    created_at_us bigint not null,
    revoked_at_us bigint not null
);

create table events (
    event_id bigint primary key,
    identifier text not null,
    slug text not null,
    title text not null,
    description text not null,
    image text not null,
    topic text not null,
    rules text not null,
    start_at_us bigint not null,
    end_at_us bigint not null,
    created_at_us bigint not null,
    -- The title without case, and every piece of it of one, two or three characters: substring
    -- search without an extension, in any script and under any collation.
    title_folded text not null,
    title_grams text[] not null
);
create index events_newest on events (created_at_us desc, event_id desc);
create index events_title on events using gin (title_grams) with (fastupdate = off);

create table markets (
    market_id bigint primary key,
    event_id bigint not null,
    shard integer not null,
    identifier text not null,
    slug text not null,
    title text not null,
    question text not null,
    image text not null,
    condition_id text not null,
    parent_collection_id text not null,
    outcome_0 text not null,
    outcome_1 text not null,
    token_0 text not null,
    token_1 text not null,
    tick bigint not null,
    price_min bigint not null,
    price_max bigint not null,
    qty_min bigint not null,
    qty_max bigint not null,
    orders_max bigint not null,
    fee_version bigint not null,
    state smallint not null,
    payout_0 bigint not null,
    payout_1 bigint not null,
    end_at_us bigint not null,
    created_at_us bigint not null,
    closed_at_us bigint not null,
    resolved_at_us bigint not null,
    volume bigint not null,
    last_price bigint not null
) with (fillfactor = 50);
create index markets_event on markets (event_id);

create table balances (
    account bigint not null,
    asset bigint not null,
    total bigint not null,
    held bigint not null,
    primary key (account, asset)
) with (fillfactor = 70);

create table positions (
    account bigint not null,
    market_id bigint not null,
    cost_0 bigint not null,
    cost_1 bigint not null,
    realised bigint not null,
    fees bigint not null,
    net_cash bigint not null,
    redeemed bigint not null,
    redeemed_at_us bigint not null,
    bought_0 bigint not null,
    bought_1 bigint not null,
    primary key (account, market_id)
) with (fillfactor = 70);

-- Wide columns first: rows are padded to eight bytes where a narrow one stands before a wide one.
create table orders (
    order_id bigint primary key,
    account bigint not null,
    market_id bigint not null,
    price bigint not null,
    qty bigint not null,
    budget bigint not null,
    remaining bigint not null,
    filled bigint not null,
    volume bigint not null,
    fee bigint not null,
    hold bigint not null,
    expire_at_us bigint not null,
    created_at_us bigint not null,
    updated_at_us bigint not null,
    update_id bigint not null,
    placed_n bigint not null,
    updated_n bigint not null,
    fee_version integer not null,
    outcome smallint not null,
    side smallint not null,
    kind smallint not null,
    tif smallint not null,
    post_only smallint not null,
    status smallint not null,
    reason smallint not null,
    reject smallint not null,
    client_order_id text not null
) with (fillfactor = 70);
create index orders_account on orders (account, order_id);
-- Statuses 0 and 1 are new and open. A fill that leaves an order open touches no index.
create index orders_open on orders (account, order_id) where status < 2;

create table trades (
    trade_id bigint not null,
    fill bigint not null,
    market_id bigint not null,
    price bigint not null,
    qty bigint not null,
    taker_order bigint not null,
    taker_account bigint not null,
    taker_fee bigint not null,
    maker_order bigint not null,
    maker_account bigint not null,
    maker_fee bigint not null,
    at_us bigint not null,
    n bigint not null,
    match smallint not null,
    taker_outcome smallint not null,
    taker_side smallint not null,
    maker_outcome smallint not null,
    maker_side smallint not null,
    primary key (trade_id, fill)
);
create index trades_taker on trades (taker_account, n, trade_id, fill);
create index trades_maker on trades (maker_account, n, trade_id, fill);

create table journal (
    account bigint not null,
    n bigint not null,
    leg integer not null,
    asset bigint not null,
    amount bigint not null,
    balance_after bigint not null,
    ref bigint not null,
    at_us bigint not null,
    kind text not null,
    primary key (account, n, leg)
);

create table activity (
    account bigint not null,
    n bigint not null,
    leg integer not null,
    kind text not null,
    market_id bigint not null,
    qty bigint not null,
    value bigint not null,
    key text not null,
    at_us bigint not null,
    primary key (account, n, leg)
);

create table audit (
    n bigint not null,
    leg integer not null,
    actor bigint not null,
    kind text not null,
    body text not null,
    at_us bigint not null,
    primary key (n, leg)
);
