update integration.alert
set ticket = $5, told = null, telling = null, asked = asked + 1
where tenant_id = $1 and integration_id = $2 and alert_id = $3 and occurrence = $4
