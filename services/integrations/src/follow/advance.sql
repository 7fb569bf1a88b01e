-- Of two that follow, one advances: the other finds the place moved.
update integration.subscriber set entry = $4
where tenant_id = $1 and integration_id = $2 and entry = $3 and not removed
