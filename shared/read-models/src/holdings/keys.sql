-- $1 tenant, $2 asset, $3 companies the token sees, $4 day, $5 where the page before ended, $6 limit. A row without a
-- secret says that there is such an asset, and of whom.
select d.company_id as owner_id, k.secret_id, k.version, k.label, k.assignment_id, k.added_on, k.company_id
from register.asset_day d
left join lateral (
    select *
    from holdings.license_key k
    where k.tenant_id = $1 and k.asset_id = $2
      and ($3::uuid[] is null or k.company_id = any ($3))
      and ($5::uuid is null or k.secret_id > $5)
    order by k.secret_id
    limit $6
) k on true
where d.tenant_id = $1 and d.asset_id = $2
  and d.from_day <= $4::date and (d.until_day is null or d.until_day >= $4)
order by k.secret_id
