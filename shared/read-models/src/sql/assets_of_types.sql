select a.tenant_id, a.asset_id
from unnest($1::uuid[], $2::uuid[]) wanted (tenant_id, type_id)
join {schema}.asset a on a.tenant_id = wanted.tenant_id and a.type_id = wanted.type_id
