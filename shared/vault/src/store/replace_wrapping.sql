-- Only if nobody rewrapped it meanwhile.
update vault.secret_version
set key_version = $5, wrap_nonce = $6, wrapped_key = $7
where tenant_id = $1 and secret_id = $2 and version = $3 and key_version = $4
