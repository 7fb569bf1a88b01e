update integration.alert set telling = finding
where tenant_id = $1 and integration_id = $2 and ticket = $3
