-- When the assets of a calendar last changed, and what is decided about their ends. $1 tenant, $2 assets and $3 the
-- last days of their terms.
select a.asset_id, a.updated_at, a.version, r.decision
from unnest($2::uuid[], $3::date[]) ends (asset_id, term_end)
join register.asset a on a.tenant_id = $1 and a.asset_id = ends.asset_id
left join holdings.renewal r on r.tenant_id = $1 and r.asset_id = ends.asset_id and r.term_end = ends.term_end
