select delivery_id, entry, state, attempts, next_at, last_error, created_at, ended_at
from integration.delivery
where tenant_id = $1 and integration_id = $2
  and ($3::timestamptz is null or (created_at, delivery_id) < ($3, $4::uuid))
order by created_at desc, delivery_id desc
limit $5
