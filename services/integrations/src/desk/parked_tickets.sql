select key, progress from integration.ticket
where tenant_id = $1 and integration_id = $2 and parked is not null and key = any ($3)
for update
