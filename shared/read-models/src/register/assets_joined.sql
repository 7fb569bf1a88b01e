-- What is known of an asset on a day. Each look-up has its limit, so that it stays one by the key, also where the
-- planner knows nothing yet of tables that have just grown. The words in braces are true or false: what no filter
-- and no order asks about is not looked up.
cross join lateral (
    select * from register.asset_day d
    where d.tenant_id = a.tenant_id and d.asset_id = a.asset_id
      and d.from_day <= $3::date and (d.until_day is null or d.until_day >= $3)
    order by d.from_day desc limit 1
) d
left join lateral (
    select * from register.company c
    where {company} and c.tenant_id = a.tenant_id and c.company_id = d.company_id
    limit 1
) c on true
left join lateral (
    select * from register.asset_terms t
    where {terms} and t.tenant_id = a.tenant_id and t.asset_id = a.asset_id
    limit 1
) t on true
left join lateral (
    select * from compliance.license_day l
    where {license} and l.tenant_id = a.tenant_id and l.asset_id = a.asset_id and not l.allocated
      and l.from_day <= $3 and (l.until_day is null or l.until_day >= $3)
    order by l.from_day desc limit 1
) l on true
left join lateral (
    select * from compliance.pool_day pool
    where {pool} and pool.tenant_id = a.tenant_id and pool.company_id = l.company_id
      and pool.product_key = l.product_key and pool.metric = l.metric
      and pool.from_day <= $3 and (pool.until_day is null or pool.until_day >= $3)
    order by pool.from_day desc limit 1
) pool on true
left join lateral (
    select * from expiry.expiry_day e
    where {expiry} and e.tenant_id = a.tenant_id and e.asset_id = a.asset_id
      and e.from_day <= $3 and (e.until_day is null or e.until_day >= $3)
    order by e.from_day desc limit 1
) e on true
-- Computed once: the planner takes functions into the query only of plain columns.
cross join lateral (select expiry.rolled(e.expiry_date, e.rolls_months, $3) as expiry_date offset 0) ends
