update integration.subscriber set digest_day = $4
where tenant_id = $1 and integration_id = $2 and digest_day is not distinct from $3
