select secret_id, version, asset_id
from vault.secret_version
where tenant_id = $1 and fingerprint = $2
order by secret_id, version
limit $3
