-- What one asset shows beside what lists do. $1 tenant, $2 asset, $3 day.
select l.source, l.in_use, l.counted_on, l.typed, l.named, l.synced, l.product_id, l.product,
    case when l.asset_id is not null then coalesce(given.seats, 0) end as allocated,
    r.term_end, r.decision, r.quantity, r.owner, r.note
from (select $2::uuid as asset_id) one
left join compliance.license_day l on l.tenant_id = $1 and l.asset_id = one.asset_id and not l.allocated
    and l.from_day <= $3::date and (l.until_day is null or l.until_day >= $3)
left join lateral (
    select sum(a.seats)::bigint as seats
    from holdings.allocation a
    where a.tenant_id = $1 and a.asset_id = one.asset_id and a.company_id <> l.company_id
      and a.from_day <= $3 and (a.until_day is null or a.until_day >= $3)
) given on true
left join lateral (
    select expiry.rolled(e.expiry_date, e.rolls_months, $3) as term_end
    from expiry.expiry_day e
    where e.tenant_id = $1 and e.asset_id = one.asset_id
      and e.from_day <= $3 and (e.until_day is null or e.until_day >= $3)
) ends on true
left join holdings.renewal r on r.tenant_id = $1 and r.asset_id = one.asset_id and r.term_end = ends.term_end
limit 1
