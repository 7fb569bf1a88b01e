-- $1 tenant, $2 companies the token sees, $3 day, $4 and $5 thresholds, $6 companies, $7 product keys,
-- $8 vendors in lower case, $9 statuses, $10 to $14 where the page before ended, $15 limit,
-- $16 most licenses of a pool.
with page as materialized (
    select pool.*, c.name as company_name, {status:pool} as status,
        array_position(array['expired_in_use', 'under_licensed', 'unknown', 'over_licensed', 'compliant', 'unlimited'],
            {status:pool}) as gravity
    from compliance.pool_day pool
    join register.company c on c.tenant_id = pool.tenant_id and c.company_id = pool.company_id
    where pool.tenant_id = $1
      and ($2::uuid[] is null or pool.company_id = any ($2))
      and pool.from_day <= $3::date and (pool.until_day is null or pool.until_day >= $3)
      and ($6::uuid[] is null or pool.company_id = any ($6))
      and ($7::text[] is null or pool.product_key = any ($7))
      and ($8::text[] is null or lower(pool.vendor) = any ($8))
      and ($9::text[] is null or {status:pool} = any ($9))
      and ($10::integer is null
           or (array_position(array['expired_in_use', 'under_licensed', 'unknown', 'over_licensed', 'compliant', 'unlimited'],
                  {status:pool}), c.name, pool.company_id, pool.product_key, pool.metric)
              > ($10, $11::text, $12::uuid, $13::text, $14::text))
    order by gravity, c.name, pool.company_id, pool.product_key, pool.metric
    limit $15
)
select page.company_id, page.company_name, page.product_key, page.product, page.vendor, page.metric,
    page.owned, page.in_use, page.short, page.spare, page.incomplete, page.status, page.gravity,
    run.since, part.count as license_count, part.licenses
from page
-- The first day of the run of days with this status: where a day before is of another, or none.
cross join lateral (
    select max(day.from_day) as since
    from (
        select earlier.from_day,
            {status:earlier} = lag({status:earlier}) over days
                and earlier.from_day = lag(earlier.until_day) over days + 1 as goes_on
        from compliance.pool_day earlier
        where earlier.tenant_id = page.tenant_id and earlier.company_id = page.company_id
          and earlier.product_key = page.product_key and earlier.metric = page.metric
          and earlier.from_day <= page.from_day
        window days as (order by earlier.from_day)
    ) day
    where day.goes_on is not true
) run
cross join lateral (
    select coalesce(max(license.all_licenses), 0) as count,
        coalesce(json_agg(json_build_object(
            'asset_id', license.asset_id, 'name', license.name, 'owned', license.owned, 'in_use', license.in_use,
            'in_force', license.in_force,
            'annual_cost', case when license.annual_cost is not null then
                json_build_object('amount', license.annual_cost::text, 'currency', license.currency) end
        ) order by license.name, license.asset_id), '[]') as licenses
    from (
        select l.*, a.name, count(*) over () as all_licenses
        from (
            -- By the key of the pool; `offset 0` keeps the day from drawing the planner to another index while
            -- it knows nothing yet of a table that has just grown.
            select * from compliance.license_day l
            where l.tenant_id = page.tenant_id and l.company_id = page.company_id
              and l.product_key = page.product_key and l.metric = page.metric
            offset 0
        ) l
        join lateral (
            select * from register.asset a where a.tenant_id = l.tenant_id and a.asset_id = l.asset_id limit 1
        ) a on true
        where l.from_day <= $3 and (l.until_day is null or l.until_day >= $3)
        order by a.name, a.asset_id
        limit $16
    ) license
) part
order by page.gravity, page.company_name, page.company_id, page.product_key, page.metric
