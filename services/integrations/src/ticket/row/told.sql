update integration.alert
set told = case when open then coalesce(telling, finding) end, telling = null
where tenant_id = $1 and integration_id = $2 and ticket = $3 and (open or told is not null)
