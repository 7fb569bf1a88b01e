insert into integration.alert
    (tenant_id, integration_id, alert_id, occurrence, kind, company_id, finding, backlog, raised_at, changed_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)
on conflict do nothing
