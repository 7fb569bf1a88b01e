with wanted as (
    select w.kind, w.name, w.name_key, w.holder_id
    from unnest($2::text[], $3::text[], $4::text[], $5::uuid[]) as w (kind, name, name_key, holder_id)
),
-- In one order, so that two who make the same names at once do not wait for each other.
made as (
    insert into access.seat_holder (tenant_id, kind, name, name_key, holder_id)
    select $1, kind, name, name_key, holder_id from wanted where $6 order by kind, name_key
    on conflict (tenant_id, kind, name_key) do nothing
    returning kind, name_key, holder_id
)
select kind, name_key, holder_id from made
union all
select h.kind, h.name_key, h.holder_id
from access.seat_holder h
join wanted w on w.kind = h.kind and w.name_key = h.name_key
where h.tenant_id = $1
