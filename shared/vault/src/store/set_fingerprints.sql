update vault.secret_version s
set fingerprint = new.fingerprint
from unnest($2::uuid[], $3::int[], $4::bytea[]) as new (secret_id, version, fingerprint)
where s.tenant_id = $1
  and s.secret_id = new.secret_id and s.version = new.version
  and s.fingerprint is null
