-- Of two that are made at once, the first stands.
insert into vault.index_key (tenant_id, key_version, wrap_nonce, wrapped_key)
values ($1, $2, $3, $4)
on conflict (tenant_id) do nothing
