-- The hot path: nothing but events. Every row depends on the fence.
insert into log.event (
    sequence, tenant_id, entry, stream_id, version, event_id, type, schema_version, company_id,
    payload, metadata, effective_on, recorded_at)
select
    $1 + e.place, e.tenant_id, e.entry, e.stream_id, e.version, e.event_id, e.type, e.schema_version, e.company_id,
    e.payload, e.metadata, e.effective_on, $3
from unnest(
    $4::uuid[], $5::bigint[], $6::uuid[], $7::integer[], $8::uuid[], $9::text[], $10::smallint[], $11::uuid[],
    $12::json[], $13::json[], $14::date[])
    with ordinality as e (
        tenant_id, entry, stream_id, version, event_id, type, schema_version, company_id,
        payload, metadata, effective_on, place)
where log.head_is($1, $2)
