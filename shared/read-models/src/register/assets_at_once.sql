-- The same as assets_joined.sql for all assets at once, in whatever order the planner likes.
join register.asset_day d on d.tenant_id = a.tenant_id and d.asset_id = a.asset_id
    and d.from_day <= $3::date and case when d.until_day is null then 'infinity' else d.until_day end >= $3
{company_join} register.company c on {company} and c.tenant_id = a.tenant_id and c.company_id = d.company_id
left join register.asset_terms t on {terms} and t.tenant_id = a.tenant_id and t.asset_id = a.asset_id
left join compliance.license_day l on {license} and l.tenant_id = a.tenant_id and l.asset_id = a.asset_id
    and not l.allocated and l.from_day <= $3 and (l.until_day is null or l.until_day >= $3)
left join compliance.pool_day pool on {pool} and pool.tenant_id = a.tenant_id and pool.company_id = l.company_id
    and pool.product_key = l.product_key and pool.metric = l.metric
    and pool.from_day <= $3 and (pool.until_day is null or pool.until_day >= $3)
left join expiry.expiry_day e on {expiry} and e.tenant_id = a.tenant_id and e.asset_id = a.asset_id
    and e.from_day <= $3 and (e.until_day is null or e.until_day >= $3)
cross join lateral (select expiry.rolled(e.expiry_date, e.rolls_months, $3) as expiry_date) ends
