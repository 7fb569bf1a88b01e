select secret_id, version
from vault.secret_version
where tenant_id = $1
  and created_at < now() - make_interval(secs => $2)
  and (secret_id, version) > ($3, $4)
order by secret_id, version
limit $5
