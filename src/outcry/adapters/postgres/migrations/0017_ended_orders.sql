-- Orders that have ended apart from those that live. An index of live orders names their status, so
-- an order that ended was written anew with an entry in each index; now its row is deleted and
-- added to a table in which nothing changes. In SQL it stays one table, orders.
alter table orders rename to orders_before;
alter table orders_before rename constraint orders_pkey to orders_before_pkey;
drop index orders_account, orders_open, orders_name;
create table orders (like orders_before) partition by list ((status < 2));
create table orders_live partition of orders for values in (true) with (fillfactor = 90);
create table orders_ended partition of orders for values in (false);
insert into orders select * from orders_before order by order_id;
drop table orders_before;
alter table orders_live add primary key (order_id);
alter table orders_ended add primary key (order_id);
create index orders_live_account on orders_live (account, order_id);
create index orders_ended_account on orders_ended (account, order_id);
-- Orders by the hash that was signed. No other name has its length, so those cost no entry.
create index orders_live_name on orders_live (client_order_id)
where length(client_order_id) = 64;
create index orders_ended_name on orders_ended (client_order_id)
where length(client_order_id) = 64;
