-- $1 tenant, $2 asset, $3 companies the token sees, $4 day, $5 where the page before ended, $6 limit. A row
-- without an entry says that there is such an asset, and of whom.
select d.company_id as owner_id, e.entry, e.event_id, e.recorded_at, e.effective_on, e.event_type, e.stream_id,
    e.version, e.company_id, e.asset_id, e.actor_kind, e.actor, e.token_id, e.request, e.reason, e.payload
from register.asset_day d
left join lateral (
    (
        select *
        from trail.entry e
        where e.tenant_id = $1 and e.asset_id = $2
          and ($3::uuid[] is null or e.company_id = any ($3))
          and ($5::bigint is null or e.entry > $5)
        order by e.entry
        limit $6
    )
    union all
    (
        -- What another stream tells of several assets, such as an alert of a pool.
        select e.*
        from trail.concerned c
        join trail.entry e on e.tenant_id = c.tenant_id and e.entry = c.entry
        where c.tenant_id = $1 and c.asset_id = $2
          and ($3::uuid[] is null or e.company_id = any ($3))
          and ($5::bigint is null or c.entry > $5)
        order by c.entry
        limit $6
    )
    order by entry
    limit $6
) e on true
where d.tenant_id = $1 and d.asset_id = $2
  and d.from_day <= $4::date and (d.until_day is null or d.until_day >= $4)
order by e.entry
