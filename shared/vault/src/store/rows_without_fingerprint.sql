select secret_id, version, asset_id, field_key, key_version, wrap_nonce, wrapped_key, nonce, ciphertext
from vault.secret_version
where tenant_id = $1 and fingerprint is null
  and (secret_id, version) > ($2, $3)
order by secret_id, version
limit $4
