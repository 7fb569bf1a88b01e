-- $1 tenant, $2 asset, $3 companies the token sees, $4 day, $5 and $6 where the page before ended, $7 limit. A row
-- without seats says that there is such an asset, and of whom.
select d.company_id as owner_id, l.company_id, c.name as company_name, l.from_day, l.until_day, l.seats
from register.asset_day d
left join lateral (
    select *
    from holdings.allocation l
    where l.tenant_id = $1 and l.asset_id = $2
      and ($3::uuid[] is null or l.company_id = any ($3))
      and ($5::uuid is null or (l.company_id, l.from_day) > ($5, $6::date))
    order by l.company_id, l.from_day
    limit $7
) l on true
left join register.company c on c.tenant_id = $1 and c.company_id = l.company_id
where d.tenant_id = $1 and d.asset_id = $2
  and d.from_day <= $4::date and (d.until_day is null or d.until_day >= $4)
order by l.company_id, l.from_day
