update integration.subscriber set calls_hour = $3, calls = $4
where tenant_id = $1 and integration_id = $2 and (calls_hour, calls) is distinct from ($3, $4)
