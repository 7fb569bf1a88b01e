update vault.index_key
set key_version = $3, wrap_nonce = $4, wrapped_key = $5
where tenant_id = $1 and key_version = $2
