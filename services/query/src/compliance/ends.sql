-- What pools' licenses end, and what their products cover. $1 tenant, $2 day, $3 to $6 the pools' companies, product
-- keys, metrics and products, $7 the licenses whose ends are told one by one.
select pool.at, ends.renewable_on, ends.by_asset, parts.covers
from unnest($3::uuid[], $4::text[], $5::text[], $6::uuid[])
    with ordinality pool (company_id, product_key, metric, product_id, at)
cross join lateral (
    select
        -- The first day by which something can still be decided about a license with seats to spare.
        min(license.deadline) filter (
            where license.in_force and license.owned > coalesce(license.in_use, 0) and license.deadline >= $2
              and license.agreement is distinct from 'perpetual'
        ) as renewable_on,
        coalesce(json_object_agg(license.asset_id, license.expiry_date)
            filter (where license.asset_id = any ($7::uuid[])), '{}') as by_asset
    from (
        select l.asset_id, l.in_force, l.owned, l.in_use, l.agreement, ends.expiry_date,
            expiry.deadline(ends.expiry_date, e.auto_renew, e.term_months, e.notice_days, e.cancel_by) as deadline
        from (
            -- By the key of the pool; `offset 0` keeps the day from drawing the planner to another index.
            select * from compliance.license_day l
            where l.tenant_id = $1 and l.company_id = pool.company_id
              and l.product_key = pool.product_key and l.metric = pool.metric
            offset 0
        ) l
        join expiry.expiry_day e on e.tenant_id = $1 and e.asset_id = l.asset_id
            and e.from_day <= $2::date and (e.until_day is null or e.until_day >= $2)
        cross join lateral (select expiry.rolled(e.expiry_date, e.rolls_months, $2) as expiry_date) ends
        where l.from_day <= $2 and (l.until_day is null or l.until_day >= $2)
    ) license
) ends
cross join lateral (
    with recursive part (product_id) as (
        select unnest(p.suite_of) from catalog.product p
        where p.tenant_id = $1 and p.product_id = pool.product_id
        union
        select unnest(p.suite_of) from part
        join catalog.product p on p.tenant_id = $1 and p.product_id = part.product_id
    )
    select coalesce(json_agg(json_build_object('id', p.product_id, 'name', p.name) order by p.name), '[]') as covers
    from part
    join catalog.product p on p.tenant_id = $1 and p.product_id = part.product_id
) parts
order by pool.at
