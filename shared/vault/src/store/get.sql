select secret_id, version, key_version, wrap_nonce, wrapped_key, nonce, ciphertext
from vault.secret_version
where tenant_id = $1 and secret_id = $2 and version = $3
