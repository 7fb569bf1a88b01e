update integration.delivery
set state = $4, last_error = $5, attempts = attempts + 1, ended_at = $6
where tenant_id = $1 and integration_id = $2 and delivery_id = $3
