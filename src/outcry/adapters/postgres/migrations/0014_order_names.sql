-- Orders by the hash that was signed. No other name has its length, so those cost no entry.
create index orders_name on orders (client_order_id) where length(client_order_id) = 64;
