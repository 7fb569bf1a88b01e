select coalesce((select e.entry from log.event e where e.tenant_id = $1 order by e.entry desc limit 1), 0)
