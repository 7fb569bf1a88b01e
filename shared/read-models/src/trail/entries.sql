-- $1 tenant, $2 companies the token sees, $3 actors, $4 companies, $5 assets, $6 types of events, $7 and $8 when
-- it was recorded (from, and before), $9 text to search, $10 where the page before ended, $11 limit. The last comes
-- first.
select e.entry, e.event_id, e.recorded_at, e.effective_on, e.event_type, e.stream_id, e.version, e.company_id,
    e.asset_id, e.actor_kind, e.actor, e.token_id, e.request, e.reason, e.payload
from trail.entry e
where e.tenant_id = $1
  and ($2::uuid[] is null or e.company_id = any ($2))
  and ($3::text[] is null or e.actor = any ($3))
  and ($4::uuid[] is null or e.company_id = any ($4))
  -- An array, since it is looked up in the key; "in" beside "or" would be compared with every entry.
  and ($5::uuid[] is null or e.entry = any (array(
      select o.entry from trail.entry o where o.tenant_id = $1 and o.asset_id = any ($5)
      union all
      select c.entry from trail.concerned c where c.tenant_id = $1 and c.asset_id = any ($5))))
  and ($6::text[] is null or e.event_type = any ($6))
  and ($7::timestamptz is null or e.recorded_at >= $7)
  and ($8::timestamptz is null or e.recorded_at < $8)
  and ($9::text is null or strpos(lower(e.event_type), lower($9)) > 0 or strpos(lower(e.reason), lower($9)) > 0)
  and ($10::bigint is null or e.entry < $10)
order by e.entry desc
limit $11
