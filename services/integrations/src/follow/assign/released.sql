update integration.alert set backlog = false where tenant_id = $1 and integration_id = $2 and backlog
