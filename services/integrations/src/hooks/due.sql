select d.delivery_id, d.attempts, e.sequence, e.tenant_id, e.entry, e.stream_id, e.version, e.event_id, e.type,
    e.schema_version, e.company_id, e.payload::text as payload, e.metadata::text as metadata, e.effective_on, e.recorded_at
from integration.delivery d
join log.event e on e.tenant_id = d.tenant_id and e.entry = d.entry
where d.tenant_id = $1 and d.integration_id = $2 and d.state = 'queued' and d.next_at <= $3
order by d.next_at, d.entry
limit $4
