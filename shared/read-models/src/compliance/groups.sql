-- The same as summary.sql, a row for each company or vendor: {key} and {id} tell them apart, {name} is what they are
-- called. $9 statuses, $10 and $11 where the page before ended, $12 limit.
with pools as (
    select {key} as key, {id} as id, {name} as name, {status:pool} as status, pool.short, pool.spare, pool.incomplete
    from compliance.pool_day pool
    join register.company c on c.tenant_id = pool.tenant_id and c.company_id = pool.company_id
    where pool.tenant_id = $1
      and ($2::uuid[] is null or pool.company_id = any ($2))
      and pool.from_day <= $3::date and (pool.until_day is null or pool.until_day >= $3)
      and ($6::uuid[] is null or pool.company_id = any ($6))
      and ($7::text[] is null or pool.product_key = any ($7))
      and ($8::text[] is null or lower(pool.vendor) = any ($8))
      and ($9::text[] is null or {status:pool} = any ($9))
      and ($10::text is null or ({key}, {id}) > ($10, $11::uuid))
),
by_status as (
    select key, id, status, min(name) as name, count(*) as pools, sum(short) as short, sum(spare) as spare,
        count(*) filter (where incomplete) as incomplete
    from pools
    group by key, id, status
)
select key, id, min(name) as name, sum(pools)::bigint as pools, sum(short)::bigint as short,
    sum(spare)::bigint as spare, sum(incomplete)::bigint as incomplete, json_object_agg(status, pools) as by_status
from by_status
group by key, id
order by key, id
limit $12
