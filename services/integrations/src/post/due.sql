select delivery_id, attempts, recipient, what
from integration.delivery
where tenant_id = $1 and integration_id = $2 and state = 'queued' and next_at <= $3
order by next_at, delivery_id
limit $4
