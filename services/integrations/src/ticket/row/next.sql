select min(due_at) as at from integration.ticket
where tenant_id = $1 and integration_id = $2 and due_at > $3
