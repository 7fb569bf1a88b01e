select secret_id, version, asset_id, field_key, key_version, wrap_nonce, wrapped_key
from vault.secret_version
where tenant_id = $1 and key_version < $2
  and (secret_id, version) > ($3, $4)
order by secret_id, version
limit $5
