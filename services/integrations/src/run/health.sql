update integration.subscriber set health = $3, paused_because = $4
where tenant_id = $1 and integration_id = $2
  and (health, paused_because) is distinct from ($3::jsonb, $4::text)
