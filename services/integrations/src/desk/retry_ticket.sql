update integration.ticket
set progress = $4, parked = null, state = 'intended', due_at = $5, version = version + 1
where tenant_id = $1 and integration_id = $2 and key = $3
