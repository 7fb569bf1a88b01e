update integration.delivery
set state = 'queued', attempts = 0, next_at = $4, last_error = null, ended_at = null
where tenant_id = $1 and integration_id = $2 and state = 'parked' and delivery_id = any ($3)
