select r.tenant_id, r.principal, r.key, r.body_hmac, r.status, r.body
from unnest($1::uuid[], $2::uuid[], $3::text[]) as wanted (tenant_id, principal, key)
join log.receipt r on r.tenant_id = wanted.tenant_id and r.principal = wanted.principal and r.key = wanted.key
