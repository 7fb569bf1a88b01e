select distinct secret_id
from vault.secret_version
where tenant_id = $1 and secret_id > $2
order by secret_id
limit $3
