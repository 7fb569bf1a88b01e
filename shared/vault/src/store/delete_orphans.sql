DELETE FROM vault.secret_version
USING unnest($2::uuid[], $3::int[]) AS orphan (secret_id, version)
WHERE secret_version.tenant_id = $1
  AND secret_version.secret_id = orphan.secret_id
  AND secret_version.version = orphan.version
