SELECT key_version, wrap_nonce, wrapped_key, nonce, ciphertext
FROM vault.secret_version
WHERE tenant_id = $1 AND secret_id = $2 AND version = $3
