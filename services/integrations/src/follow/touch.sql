update integration.ticket
set due_at = least(coalesce(due_at, $4), $4), changed_at = $4
where tenant_id = $1 and integration_id = $2 and key = $3
