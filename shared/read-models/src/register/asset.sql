-- $1 tenant, $2 companies the token sees, $3 day, $4 and $5 thresholds, $6 the asset.
{columns}
from register.asset a
{looked_up}
where a.tenant_id = $1 and a.asset_id = $6
  and ($2::uuid[] is null or d.company_id = any ($2))
