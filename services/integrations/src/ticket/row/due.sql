select key from integration.ticket
where tenant_id = $1 and integration_id = $2 and due_at <= $3
order by due_at, key
limit $4
