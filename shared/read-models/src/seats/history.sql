-- $1 tenant, $2 asset, $3 companies the token sees, $4 day, $5 where the page before ended, $6 limit. A row
-- without an entry says that there is such an asset, and of whom.
select d.company_id, s.entry, s.event_id, s.kind, s.from_count, s.to_count, s.effective_on, s.recorded_at,
    s.correction, s.source, s.from_source, s.quantity, s.for_company, s.other_asset, s.purchase_id, s.from_expiry,
    s.to_expiry, s.actor_kind, s.actor, s.token_id, s.reason
from register.asset_day d
left join lateral (
    select *
    from seats.change s
    where s.tenant_id = $1 and s.asset_id = $2
      and ($3::uuid[] is null or s.company_id = any ($3))
      and ($5::bigint is null or s.entry > $5)
    order by s.entry
    limit $6
) s on true
where d.tenant_id = $1 and d.asset_id = $2
  and d.from_day <= $4::date and (d.until_day is null or d.until_day >= $4)
order by s.entry
