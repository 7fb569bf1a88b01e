SELECT secret_id, version
FROM vault.secret_version
WHERE tenant_id = $1
  AND created_at < now() - make_interval(secs => $2)
  AND (secret_id, version) > ($3, $4)
ORDER BY secret_id, version
LIMIT $5
