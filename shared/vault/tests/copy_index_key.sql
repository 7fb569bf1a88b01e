insert into vault.index_key (tenant_id, key_version, wrap_nonce, wrapped_key)
select $2, key_version, wrap_nonce, wrapped_key
from vault.index_key
where tenant_id = $1
