-- Only those that nobody rewrapped meanwhile. In the order of the key, so that two can't wait for each other.
with wanted as materialized (
    select secret_id, version
    from vault.secret_version
    where tenant_id = $1
      and (secret_id, version) in (select * from unnest($2::uuid[], $3::int[]))
    order by secret_id, version
    for update
)
update vault.secret_version s
set key_version = new.key_version, wrap_nonce = new.wrap_nonce, wrapped_key = new.wrapped_key
from unnest($2::uuid[], $3::int[], $4::int[], $5::int[], $6::bytea[], $7::bytea[])
    as new (secret_id, version, from_version, key_version, wrap_nonce, wrapped_key)
join wanted using (secret_id, version)
where s.tenant_id = $1
  and s.secret_id = new.secret_id and s.version = new.version
  and s.key_version = new.from_version
