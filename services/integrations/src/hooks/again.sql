update integration.delivery set attempts = attempts + 1, next_at = $4, last_error = $5
where tenant_id = $1 and integration_id = $2 and delivery_id = $3 and state = 'queued'
