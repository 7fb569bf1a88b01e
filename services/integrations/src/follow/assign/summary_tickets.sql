insert into integration.ticket (tenant_id, integration_id, key, company_id, progress, state, due_at, changed_at)
select distinct a.tenant_id, a.integration_id, a.ticket, a.company_id, $4::jsonb, 'intended', $5::timestamptz, $5::timestamptz
from integration.alert a
where a.tenant_id = $1 and a.integration_id = $2 and a.backlog and a.open
  and a.ticket = 's:' || coalesce(a.company_id::text, '-') || $3
on conflict do nothing
