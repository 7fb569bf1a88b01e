-- $1 tenant, $2 companies the token sees, $3 day, $4 and $5 thresholds, $6 and $7 days after which a synced and a typed
-- count is stale, $8 companies, $9 product keys, $10 vendors in lower case, $11 statuses, $12 to $16 where the page
-- before ended, $17 limit, $18 most licenses of a pool.
--
-- Status after status, the gravest first, and in each company after company: so a page needs the pools of a few alone.
with page as materialized (
    select pool.*
    from unnest(array[{statuses}]) with ordinality as word (status, gravity)
    cross join lateral (
        select pool.*, c.name as company_name, word.status, {stale:pool} as stale, word.gravity::integer as gravity
        from (
            select c.company_id, c.name
            from register.company c
            where c.tenant_id = $1
              and ($2::uuid[] is null or c.company_id = any ($2))
              and ($8::uuid[] is null or c.company_id = any ($8))
              and ($12::integer is null or word.gravity > $12 or (c.name, c.company_id) >= ($13::text, $14::uuid))
            order by c.name, c.company_id
        ) c
        cross join lateral (
            select * from compliance.pool_day pool
            where pool.tenant_id = $1 and pool.company_id = c.company_id
              and pool.standing = case when word.status in ('over_licensed', 'compliant') then 'covered' else word.status end
              and {holds:pool}
              and ($9::text[] is null or pool.product_key = any ($9))
              and ($10::text[] is null or lower(pool.vendor) = any ($10))
              and {status:pool} = word.status
              and ($12 is null or word.gravity > $12
                   or (c.name, pool.company_id, pool.product_key, pool.metric) > ($13, $14, $15::text, $16::text))
            offset 0
        ) pool
        order by c.name, c.company_id, pool.product_key, pool.metric
        limit $17
    ) pool
    where ($11::text[] is null or word.status = any ($11)) and ($12 is null or word.gravity >= $12)
    order by pool.gravity, pool.company_name, pool.company_id, pool.product_key, pool.metric
    limit $17
)
select page.company_id, page.company_name, page.product_key, page.product_id, page.product, page.vendor, page.metric,
    page.owned, page.in_use, page.short, page.spare, page.short_cost, page.spare_cost, page.recoverable_now,
    page.recoverable_now_cost, page.stale, page.incomplete or page.stale as incomplete, page.status, page.gravity,
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
            'asset_id', license.asset_id, 'name', license.name, 'allocated', license.allocated,
            'owned', license.owned, 'in_use', license.in_use, 'difference', license.owned - license.in_use,
            'source', license.source, 'counted_on', license.counted_on, 'typed', license.typed,
            'named', license.named, 'synced', license.synced, 'in_force', license.in_force,
            'reducible', license.reducible, 'annual_cost', license.annual_cost
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
        limit $18
    ) license
) part
order by page.gravity, page.company_name, page.company_id, page.product_key, page.metric
