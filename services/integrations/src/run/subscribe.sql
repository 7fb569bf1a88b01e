insert into integration.subscriber (tenant_id, integration_id, kind, entry)
values ($1, $2, $3, $4)
on conflict do nothing
