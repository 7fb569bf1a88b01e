-- What is decided about ends, and how long before notice must be given. $1 tenant, $2 day, $3 assets and $4 the last
-- days of their terms.
select ends.at, nullif(e.notice_days, 0) as notice_days, r.term_end, r.decision, r.quantity, r.owner, r.note
from unnest($3::uuid[], $4::date[]) with ordinality ends (asset_id, term_end, at)
left join expiry.expiry_day e on e.tenant_id = $1 and e.asset_id = ends.asset_id
    and e.from_day <= $2::date and (e.until_day is null or e.until_day >= $2)
left join holdings.renewal r on r.tenant_id = $1 and r.asset_id = ends.asset_id and r.term_end = ends.term_end
