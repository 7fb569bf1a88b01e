insert into {table}
select * from unnest($1::{table}[])
on conflict do nothing
