select min(next_at) as at from integration.delivery
where tenant_id = $1 and integration_id = $2 and state = 'queued'
