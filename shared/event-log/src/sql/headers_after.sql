select sequence, event_id, tenant_id, entry, stream_id, version, recorded_at
from log.headers_after($1, $2)
order by sequence
