-- $1 tenant, $2 asset, $3 companies the token sees, $4 and $5 first and last day of the window, $6 day of the owner. A
-- row without a first day says that there is such an asset, and of whom.
select d.company_id as owner_id, l.company_id, l.allocated, greatest(l.from_day, $4::date) as from_day,
    least(coalesce(l.until_day, $5::date), $5) as until_day, l.owned, l.in_use, l.in_force, l.annual_cost
from register.asset_day d
left join compliance.license_day l
    on l.tenant_id = d.tenant_id and l.asset_id = d.asset_id
    and ($3::uuid[] is null or l.company_id = any ($3))
    and l.from_day <= $5 and (l.until_day is null or l.until_day >= $4)
where d.tenant_id = $1 and d.asset_id = $2
  and d.from_day <= $6::date and (d.until_day is null or d.until_day >= $6)
order by l.company_id, l.from_day
