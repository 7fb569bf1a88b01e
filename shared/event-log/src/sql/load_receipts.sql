-- One look-up for each key; see load_streams.sql.
select wanted.tenant_id, wanted.principal, wanted.key, r.body_hmac, r.status, r.body
from unnest($1::uuid[], $2::uuid[], $3::text[]) as wanted (tenant_id, principal, key)
cross join lateral (
    select body_hmac, status, body from log.receipt
    where tenant_id = wanted.tenant_id and principal = wanted.principal and key = wanted.key
    offset 0
) r
