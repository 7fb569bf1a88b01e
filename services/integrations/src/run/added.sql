select e.sequence, e.tenant_id, e.stream_id, e.entry, e.schema_version, e.payload::text as payload
from log.event e
where e.sequence > $1 and e.sequence <= $2 and e.type = 'IntegrationAdded'
order by e.sequence
limit $3
