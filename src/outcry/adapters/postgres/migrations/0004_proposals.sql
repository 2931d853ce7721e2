-- What is proposed of a market's payout, and until when it may be disputed.
alter table markets
    add column dispute_window_us bigint not null default 0,
    add column proposed_0 bigint not null default 0,
    add column proposed_1 bigint not null default 0,
    add column final_at_us bigint not null default 0;
