-- Events with claims and receipts. The events come first: their sequences make a second writer wait
-- before it touches a claim, so two of them can't deadlock. Without an event nothing else is written.
with written as (
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
    returning sequence
),
taken as (
    insert into log.claim (tenant_id, scope, key, owner)
    select * from unnest($15::uuid[], $16::text[], $17::text[], $18::uuid[])
    where exists (select from written)
    on conflict (tenant_id, scope, key) do update set owner = excluded.owner
),
released as (
    delete from log.claim c
    using unnest($19::uuid[], $20::text[], $21::text[]) as r (tenant_id, scope, key)
    where c.tenant_id = r.tenant_id and c.scope = r.scope and c.key = r.key
      and exists (select from written)
),
kept as (
    insert into log.receipt (tenant_id, principal, key, body_hmac, status, body)
    select * from unnest($22::uuid[], $23::uuid[], $24::text[], $25::bytea[], $26::smallint[], $27::json[])
    where exists (select from written)
)
select count(*) from written
