insert into integration.delivery (tenant_id, integration_id, delivery_id, entry, recipient, what, next_at, created_at)
values ($1, $2, $3, $4, $5, $6, $7, $7)
on conflict do nothing
