-- Who has an address. Tables of before say it already; only how it is found is new.
create index users_address on users (lower(address), user_id) where address <> '';
