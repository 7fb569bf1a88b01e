update integration.subscriber set removed = true where tenant_id = $1 and integration_id = $2
