insert into integration.delivery (tenant_id, integration_id, delivery_id, entry, next_at, created_at)
values ($1, $2, $3, $4, $5, $5)
on conflict (tenant_id, integration_id, delivery_id) do update
set state = 'queued', attempts = 0, next_at = excluded.next_at, last_error = null, ended_at = null
