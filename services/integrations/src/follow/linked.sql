-- Tickets that wait for a company's id there.
update integration.ticket
set due_at = $4, changed_at = $4
where tenant_id = $1 and integration_id = $2 and parked is not null and state = 'intended'
  and (company_id = $3 or company_id is null)
