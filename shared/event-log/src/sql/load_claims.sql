select c.tenant_id, c.scope, c.key, c.owner
from unnest($1::uuid[], $2::text[], $3::text[]) as wanted (tenant_id, scope, key)
join log.claim c on c.tenant_id = wanted.tenant_id and c.scope = wanted.scope and c.key = wanted.key
