select e.sequence, e.tenant_id, e.entry, e.stream_id, e.version, e.event_id, e.type, e.schema_version, e.company_id,
    e.payload::text, e.metadata::text, e.effective_on, e.recorded_at
from unnest($1::uuid[], $2::uuid[], $3::integer[], $4::bigint[]) wanted (tenant_id, stream_id, below, until)
join log.event e
    on e.stream_id = wanted.stream_id and e.tenant_id = wanted.tenant_id
    and e.version < wanted.below and e.sequence <= wanted.until
order by e.sequence
