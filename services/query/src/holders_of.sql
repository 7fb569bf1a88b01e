-- Who was given seats, or gave them back. $1 tenant, $2 entries, $3 companies the token sees, $4 most of an entry,
-- $5 most that are looked up of an entry: a release may name a thousand.
select e.entry, held.holder_kind, held.holder_id
from trail.entry e
cross join lateral (
    select s.holder_kind, s.holder_id
    from (
        select (assigned ->> 'id')::uuid as assignment_id, at
        from json_array_elements(e.payload -> 'assignments') with ordinality assigned (assigned, at)
        where e.event_type = 'SeatsAssigned' and at <= $5
        union all
        select released::uuid, at
        from json_array_elements_text(e.payload -> 'assignment_ids') with ordinality released (released, at)
        where e.event_type = 'SeatsReleased' and at <= $5
    ) moved
    -- One by its key each: joined freely, all assignments of the license may be read for every entry.
    cross join lateral (
        select s.holder_kind, s.holder_id, s.company_id
        from holdings.assignment s
        where s.tenant_id = $1 and s.asset_id = e.stream_id and s.assignment_id = moved.assignment_id
        limit 1
    ) s
    where $3::uuid[] is null or s.company_id = any ($3)
    order by moved.at
    limit $4
) held
where e.tenant_id = $1 and e.entry = any ($2::bigint[])
order by e.entry
