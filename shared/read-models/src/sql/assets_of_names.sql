-- $1 tenants, $2 kinds of names, $3 their keys.
select a.tenant_id, a.asset_id
from unnest($1::uuid[], $2::text[], $3::text[]) wanted (tenant_id, kind, key)
join {schema}.asset a on wanted.kind = 'name' and a.tenant_id = wanted.tenant_id and a.name_key = wanted.key
union
select a.tenant_id, a.asset_id
from unnest($1::uuid[], $2::text[], $3::text[]) wanted (tenant_id, kind, key)
join {schema}.asset a on wanted.kind = 'sku' and a.tenant_id = wanted.tenant_id and a.sku_key = wanted.key
