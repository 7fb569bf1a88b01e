with fresh as materialized (
    select * from unnest($1::{table}[])
),
gone as (
    delete from {table} old using unnest($2::{table}[]) subject
    where ({old_subject}) = ({given_subject})
      and not exists (select from fresh where ({fresh_key}) = ({old_key}))
)
insert into {table} as old
select * from fresh
on conflict ({key}) do update set {changes}
where (old.*) is distinct from (excluded.*)
