-- $1 tenant, $2 asset, $3 companies the token sees, $4 day, $5 day on which they hold, $6 and $7 where the page before
-- ended, $8 limit. A row without an assignment says that there is such an asset, and of whom.
select d.company_id as owner_id, s.assignment_id, s.company_id, s.allocated, s.holder_kind, s.holder_id, s.quantity,
    s.from_day, s.until_day, s.note
from register.asset_day d
left join lateral (
    select *
    from holdings.assignment s
    where s.tenant_id = $1 and s.asset_id = $2
      and ($3::uuid[] is null or s.company_id = any ($3))
      and ($5::date is null or s.from_day <= $5 and (s.until_day is null or s.until_day >= $5))
      and ($6::date is null or (s.from_day, s.assignment_id) > ($6, $7::uuid))
    order by s.from_day, s.assignment_id
    limit $8
) s on true
where d.tenant_id = $1 and d.asset_id = $2
  and d.from_day <= $4::date and (d.until_day is null or d.until_day >= $4)
order by s.from_day, s.assignment_id
