-- $1 tenant, $2 today, $3 whether all are asked for that end at all, $4 where the page before ended, $5 limit. What is
-- part of a pool is looked at with it. Walked as pools_due.sql walks.
with {rules}
select null::uuid as company_id, null::text as product_key, null::text as metric, array[x.asset_id] as asset_ids,
    null::uuid as token_id
from (
    select * from expiry.asset x
    where x.tenant_id = $1 and ($4::uuid is null or x.asset_id > $4)
    order by x.asset_id
    offset 0
) x
cross join lateral (select rules.* from rules limit 1) rules
left join lateral (
    select * from expiry.expiry_day e
    where e.tenant_id = $1 and e.asset_id = x.asset_id
      and e.from_day <= $2::date and (e.until_day is null or e.until_day >= $2)
    order by e.from_day desc limit 1
) e on true
left join lateral (
    select true as is_so from compliance.license_day d where d.tenant_id = $1 and d.asset_id = x.asset_id limit 1
) pooled on true
left join lateral (
    select true as is_so from alerts.alert a
    where a.tenant_id = $1 and a.asset_id = x.asset_id and a.standing in ('pending', 'open') and a.cause <> 'by_hand'
    limit 1
) told on true
where pooled.is_so is null
  and (($3::boolean and (e.asset_id is not null or x.maintained_until is not null)) or told.is_so or {ends})
order by x.asset_id
limit $5
