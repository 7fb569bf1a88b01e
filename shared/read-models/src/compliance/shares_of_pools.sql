select d.tenant_id, d.company_id, d.product_key, d.metric, d.asset_id, d.product_id, d.product, d.vendor, d.from_day,
    d.until_day, d.allocated, d.total, d.owned, d.in_use, d.source, d.counted_on, d.in_force, d.reducible, d.trues_up,
    d.annual_cost
from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[]) wanted (tenant_id, company_id, product_key, metric)
join {schema}.license_day d
    on d.tenant_id = wanted.tenant_id and d.company_id = wanted.company_id
    and d.product_key = wanted.product_key and d.metric = wanted.metric
order by d.tenant_id, d.asset_id, d.from_day
