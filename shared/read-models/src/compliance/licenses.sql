-- The same as pools.sql, a row for each license and company that has a part of it; the status is its pool's. $12 to $15
-- where the page before ended, $16 limit. Company after company, so that a page needs the licenses of a few alone.
select l.asset_id, l.name, c.company_id, c.name as company_name, l.allocated, l.product_key, l.product_id, l.product,
    l.sku, l.vendor, l.metric, l.owned, l.in_use, l.owned - l.in_use as difference, l.source, l.counted_on, l.typed,
    l.named, l.synced, l.in_force, l.reducible, l.trues_up, l.annual_cost, l.status, l.stale,
    l.owned is null or l.in_use is null or l.stale as incomplete
from (
    select c.company_id, c.name
    from register.company c
    where c.tenant_id = $1
      and ($2::uuid[] is null or c.company_id = any ($2))
      and ($8::uuid[] is null or c.company_id = any ($8))
      and ($12::text is null or (c.name, c.company_id) >= ($12, $13::uuid))
    order by c.name, c.company_id
) c
cross join lateral (
    select l.*, a.name, {status:pool} as status, {stale:own} as stale
    from compliance.license_day l
    cross join lateral (
        select case when l.source = 'synced' and l.in_use is not null then l.counted_on end as oldest_synced,
            case when l.source = 'typed' and l.in_use is not null then l.counted_on end as oldest_typed
    ) own
    join lateral (
        select * from compliance.pool_day pool
        where pool.tenant_id = l.tenant_id and pool.company_id = l.company_id
          and pool.product_key = l.product_key and pool.metric = l.metric
          and pool.from_day <= $3::date and (pool.until_day is null or pool.until_day >= $3)
        order by pool.from_day desc limit 1
    ) pool on true
    join lateral (
        select * from register.asset a where a.tenant_id = l.tenant_id and a.asset_id = l.asset_id limit 1
    ) a on true
    where l.tenant_id = $1 and l.company_id = c.company_id
      and l.from_day <= $3 and (l.until_day is null or l.until_day >= $3)
      and ($9::text[] is null or l.product_key = any ($9))
      and ($10::text[] is null or lower(l.vendor) = any ($10))
      and ($11::text[] is null or {status:pool} = any ($11))
      and ($12 is null or (c.name, c.company_id, a.name, l.asset_id) > ($12, $13, $14::text, $15::uuid))
    offset 0
) l
order by c.name, c.company_id, l.name, l.asset_id
limit $16
