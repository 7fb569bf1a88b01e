-- One look-up for each claim; see load_streams.sql.
select wanted.tenant_id, wanted.scope, wanted.key, c.owner
from unnest($1::uuid[], $2::text[], $3::text[]) as wanted (tenant_id, scope, key)
cross join lateral (
    select owner from log.claim
    where tenant_id = wanted.tenant_id and scope = wanted.scope and key = wanted.key
    offset 0
) c
