-- $1 tenant, $2 today, $3 whether all pools are asked for, $4 to $6 where the page before ended, $7 limit. Pools are
-- walked along their key, and what is to be asked of each is a look-up or two: `offset 0` and the limits keep it so,
-- also while the planner knows nothing yet of tables that have just grown.
with {rules},
found as materialized (
    (select p.company_id, p.product_key, p.metric
    from (
        select * from compliance.pool_day p
        where p.tenant_id = $1 and p.from_day <= $2::date and (p.until_day is null or p.until_day >= $2)
          and ($4::uuid is null or (p.company_id, p.product_key, p.metric) > ($4, $5::text, $6::text))
        order by p.company_id, p.product_key, p.metric
        offset 0
    ) p
    cross join lateral (select rules.* from rules limit 1) rules
    where $3::boolean
       or p.standing in ('under_licensed', 'expired_in_use', 'true_up_due')
       or (p.spare > 0 and p.spare >= rules.min_spare_seats and p.spare * 100 >= p.owned * rules.spare_ratio_percent)
       or (p.standing = 'covered' and p.spare < rules.min_free_seats)
       or exists (
           select
           from (
               select * from compliance.license_day d
               where d.tenant_id = $1 and d.company_id = p.company_id and d.product_key = p.product_key
                 and d.metric = p.metric
               offset 0
           ) d
           cross join lateral (
               select * from expiry.asset x where x.tenant_id = $1 and x.asset_id = d.asset_id limit 1
           ) x
           left join lateral (
               select * from expiry.expiry_day e
               where e.tenant_id = $1 and e.asset_id = d.asset_id
                 and e.from_day <= $2 and (e.until_day is null or e.until_day >= $2)
               order by e.from_day desc limit 1
           ) e on true
           where not d.allocated and d.from_day <= $2 and (d.until_day is null or d.until_day >= $2)
             and ({ends})
       )
    order by p.company_id, p.product_key, p.metric
    limit $7)
    union
    -- Those that somebody was told of, also where nothing of them is left.
    (select told.company_id, told.product_key, told.metric
    from (
        select a.company_id, a.product_key, a.metric
        from alerts.alert a
        where a.tenant_id = $1 and a.standing in ('pending', 'open') and a.about = 'pool'
        union
        select d.company_id, d.product_key, d.metric
        from alerts.alert a
        cross join lateral (
            select * from compliance.license_day d where d.tenant_id = $1 and d.asset_id = a.asset_id offset 0
        ) d
        where a.tenant_id = $1 and a.standing in ('pending', 'open') and a.about = 'asset' and a.cause <> 'by_hand'
    ) told
    where $4 is null or (told.company_id, told.product_key, told.metric) > ($4, $5, $6)
    order by told.company_id, told.product_key, told.metric
    limit $7)
),
page as materialized (
    select * from found order by company_id, product_key, metric limit $7
)
select page.company_id, page.product_key, page.metric, {licenses} as asset_ids, null::uuid as token_id
from page
order by page.company_id, page.product_key, page.metric
