-- Only if nobody rewrapped it meanwhile.
UPDATE vault.secret_version
SET key_version = $5, wrap_nonce = $6, wrapped_key = $7
WHERE tenant_id = $1 AND secret_id = $2 AND version = $3 AND key_version = $4
