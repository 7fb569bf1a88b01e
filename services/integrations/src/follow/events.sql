-- $1 tenant, $2 after which entry, $3 up to which, $4 types (none: all), $5 limit.
select sequence, tenant_id, entry, stream_id, version, event_id, type, schema_version, company_id,
    payload::text as payload, metadata::text as metadata, effective_on, recorded_at
from log.event
where tenant_id = $1 and entry > $2 and entry <= $3
  and (cardinality($4::text[]) = 0 or type = any ($4))
order by entry
limit $5
