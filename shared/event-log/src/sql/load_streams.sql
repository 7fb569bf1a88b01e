-- One look-up for each stream: `offset 0` keeps the planner from reading a tenant's whole ledger
-- instead, which it would while it believes that the table is empty. The tenant is compared outside
-- for the same reason.
select e.sequence, e.tenant_id, e.entry, e.stream_id, e.version, e.event_id, e.type, e.schema_version, e.company_id,
    e.payload, e.metadata, e.effective_on, e.recorded_at
from unnest($1::uuid[], $2::uuid[]) as wanted (tenant_id, stream_id)
cross join lateral (
    select * from log.event
    where stream_id = wanted.stream_id and sequence <= $3
    order by stream_id, version
    offset 0
) e
where e.tenant_id = wanted.tenant_id
