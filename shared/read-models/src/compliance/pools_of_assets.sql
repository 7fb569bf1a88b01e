select distinct d.tenant_id, d.company_id, d.product_key, d.metric
from unnest($1::uuid[], $2::uuid[]) wanted (tenant_id, asset_id)
join {schema}.license_day d on d.tenant_id = wanted.tenant_id and d.asset_id = wanted.asset_id
