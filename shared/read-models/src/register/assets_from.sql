-- $1 tenant, $2 companies the token sees, $3 day, $4 and $5 thresholds.
from register.asset a
join register.asset_day d on d.tenant_id = a.tenant_id and d.asset_id = a.asset_id
    and d.from_day <= $3::date and (d.until_day is null or d.until_day >= $3)
left join register.company c on c.tenant_id = d.tenant_id and c.company_id = d.company_id
left join compliance.license_day l on l.tenant_id = a.tenant_id and l.asset_id = a.asset_id
    and l.from_day <= $3 and (l.until_day is null or l.until_day >= $3)
left join compliance.pool_day pool on pool.tenant_id = l.tenant_id and pool.company_id = l.company_id
    and pool.product_key = l.product_key and pool.metric = l.metric
    and pool.from_day <= $3 and (pool.until_day is null or pool.until_day >= $3)
left join expiry.expiry_day e on e.tenant_id = a.tenant_id and e.asset_id = a.asset_id
    and e.from_day <= $3 and (e.until_day is null or e.until_day >= $3)
cross join lateral (select expiry.rolled(e.expiry_date, e.rolls_months, $3) as expiry_date) ends
where a.tenant_id = $1
  and ($2::uuid[] is null or d.company_id = any ($2))
