-- $1 tenant, $2 companies the token sees, $3 day, $4 and $5 thresholds, $6 companies, $7 product keys,
-- $8 vendors in lower case. Short and spare are summed apart: a shortage here is not made good by a spare
-- seat there.
select {status:pool} as status, count(*) as pools, sum(pool.short)::bigint as short, sum(pool.spare)::bigint as spare,
    count(*) filter (where pool.incomplete) as incomplete
from compliance.pool_day pool
where pool.tenant_id = $1
  and ($2::uuid[] is null or pool.company_id = any ($2))
  and pool.from_day <= $3::date and (pool.until_day is null or pool.until_day >= $3)
  and ($6::uuid[] is null or pool.company_id = any ($6))
  and ($7::text[] is null or pool.product_key = any ($7))
  and ($8::text[] is null or lower(pool.vendor) = any ($8))
group by 1
