update integration.subscriber
set version = $3,
    health = case when $4 then '{}' else health end,
    paused_because = case when $4 then null else paused_because end
where tenant_id = $1 and integration_id = $2 and version = $3 - 1
