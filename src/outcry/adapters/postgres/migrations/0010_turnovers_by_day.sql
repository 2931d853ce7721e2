-- With the whole key in it, either index finds one row: a plan made on a small table took this one
-- for the update of a batch and read everybody's day for each of its rows.
drop index turnovers_day;
create index turnovers_day on turnovers (day_us, user_id);
