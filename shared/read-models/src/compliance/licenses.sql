-- The same as pools.sql, a row for each license; the status is its pool's. $10 to $12 where the page before
-- ended, $13 limit.
select l.asset_id, a.name, l.company_id, c.name as company_name, l.product_key, l.product, l.vendor, l.metric,
    l.owned, l.in_use, l.in_force, l.annual_cost::text as annual_cost, l.currency, {status:pool} as status,
    l.owned is null or l.in_use is null as incomplete
from compliance.license_day l
join lateral (
    select * from compliance.pool_day pool
    where pool.tenant_id = l.tenant_id and pool.company_id = l.company_id
      and pool.product_key = l.product_key and pool.metric = l.metric
      and pool.from_day <= $3::date and (pool.until_day is null or pool.until_day >= $3)
    order by pool.from_day desc limit 1
) pool on true
join lateral (
    select * from register.company c where c.tenant_id = l.tenant_id and c.company_id = l.company_id limit 1
) c on true
join lateral (
    select * from register.asset a where a.tenant_id = l.tenant_id and a.asset_id = l.asset_id limit 1
) a on true
where l.tenant_id = $1
  and ($2::uuid[] is null or l.company_id = any ($2))
  and l.from_day <= $3 and (l.until_day is null or l.until_day >= $3)
  and ($6::uuid[] is null or l.company_id = any ($6))
  and ($7::text[] is null or l.product_key = any ($7))
  and ($8::text[] is null or lower(l.vendor) = any ($8))
  and ($9::text[] is null or {status:pool} = any ($9))
  and ($10::text is null or (c.name, a.name, l.asset_id) > ($10, $11::text, $12::uuid))
order by c.name, a.name, l.asset_id
limit $13
