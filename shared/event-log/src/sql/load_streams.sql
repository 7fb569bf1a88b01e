select e.sequence, e.tenant_id, e.entry, e.stream_id, e.version, e.event_id, e.type, e.schema_version, e.company_id,
    e.payload, e.metadata, e.effective_on, e.recorded_at
from unnest($1::uuid[], $2::uuid[]) as wanted (tenant_id, stream_id)
join log.event e on e.stream_id = wanted.stream_id and e.tenant_id = wanted.tenant_id
where e.sequence <= $3
order by e.stream_id, e.version
