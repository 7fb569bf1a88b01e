-- A group may have its ticket already, which then tells of one more.
insert into integration.ticket (tenant_id, integration_id, key, company_id, progress, state, due_at, changed_at)
values ($1, $2, $3, $4, $5, 'intended', $6, $7)
on conflict (tenant_id, integration_id, key) do update
set due_at = excluded.due_at, changed_at = excluded.changed_at
