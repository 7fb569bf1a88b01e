select wanted.tenant_id, coalesce(
    (select e.entry from log.event e where e.tenant_id = wanted.tenant_id order by e.entry desc limit 1), 0)
from unnest($1::uuid[]) as wanted (tenant_id)
