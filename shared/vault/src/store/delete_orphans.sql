delete from vault.secret_version
using unnest($2::uuid[], $3::int[]) as orphan (secret_id, version)
where secret_version.tenant_id = $1
  and secret_version.secret_id = orphan.secret_id
  and secret_version.version = orphan.version
