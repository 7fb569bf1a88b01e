-- $1 tenant, $2 asset, $3 companies the token sees, $4 day, $5 where the page before ended, $6 limit. A row without a
-- term's end says that there is such an asset, and of whom. What was decided is told to who sees the owner only.
select d.company_id as owner_id, r.term_end, r.decision, r.quantity, r.owner, r.note
from register.asset_day d
left join lateral (
    select *
    from holdings.renewal r
    where r.tenant_id = $1 and r.asset_id = $2
      and ($3::uuid[] is null or d.company_id = any ($3))
      and ($5::date is null or r.term_end > $5)
    order by r.term_end
    limit $6
) r on true
where d.tenant_id = $1 and d.asset_id = $2
  and d.from_day <= $4::date and (d.until_day is null or d.until_day >= $4)
order by r.term_end
