select sequence, tenant_id, entry, stream_id, version, event_id, type, schema_version, company_id, payload, metadata, effective_on, recorded_at
from log.event
where tenant_id = $1 and sequence = any ($2)
order by sequence
