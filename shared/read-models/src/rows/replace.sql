with fresh as materialized (
    select * from unnest($1::{table}[])
),
gone as (
    delete from {table} old using unnest($2::{table}[]) subject
    where ({old_subject}) = ({given_subject})
      -- Not "not exists": that would be joined by comparing each with each, since the planner takes an array
      -- for short. This is looked up in a hash table.
      and ({old_key}) not in (select {fresh_key} from fresh)
)
insert into {table}
select * from fresh
-- Most rows are as they were. A row that conflicts is locked, and so written, even if nothing changes.
where not exists (
    select from {table} old
    where ({old_key}) = ({fresh_key}) and row(old.*) is not distinct from row(fresh.*)
)
on conflict ({key}) do {changes}
