-- When keys were added. $1 tenant, $2 asset, $3 secrets.
select (e.payload ->> 'secret_id')::uuid as secret_id, max(e.recorded_at) as stored_at
from trail.entry e
where e.tenant_id = $1 and e.asset_id = $2 and e.event_type = 'KeyAdded' and e.payload ->> 'secret_id' = any ($3::text[])
group by 1
