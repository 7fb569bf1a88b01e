insert into vault.secret_version
    (tenant_id, secret_id, version, asset_id, field_key,
     key_version, wrap_nonce, wrapped_key, nonce, ciphertext, fingerprint)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
