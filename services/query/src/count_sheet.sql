-- The licenses that a company owns on a day, archived ones aside. $1 tenant, $2 company, $3 day, $4 and $5 where the page
-- before ended, $6 limit. The total is what its field shows: seats that are allocated to others are among it.
select l.asset_id, a.name, l.product_id, l.product, l.metric, l.owned, l.in_use, l.source, l.counted_on, l.typed,
    a.version, ends.expiry_date, total.total
from compliance.license_day l
join register.asset a on a.tenant_id = l.tenant_id and a.asset_id = l.asset_id
left join lateral (
    select expiry.rolled(e.expiry_date, e.rolls_months, $3::date) as expiry_date
    from expiry.expiry_day e
    where e.tenant_id = l.tenant_id and e.asset_id = l.asset_id
      and e.from_day <= $3 and (e.until_day is null or e.until_day >= $3)
) ends on true
left join lateral (
    select (d.dated ->> (field ->> 'key'))::bigint as total
    from register.asset_day d
    join register.asset_type t on t.tenant_id = a.tenant_id and t.type_id = a.type_id
    cross join lateral jsonb_array_elements(t.fields) field
    where d.tenant_id = l.tenant_id and d.asset_id = l.asset_id
      and d.from_day <= $3 and (d.until_day is null or d.until_day >= $3)
      and field ->> 'role' = 'total_seats' and not (field ->> 'retired')::boolean
    limit 1
) total on true
where l.tenant_id = $1 and l.company_id = $2 and not l.allocated
  and l.from_day <= $3 and (l.until_day is null or l.until_day >= $3)
  and ($4::text is null or (a.name, l.asset_id) > ($4, $5::uuid))
order by a.name, l.asset_id
limit $6
