select entry from log.event
where tenant_id = $1
order by entry desc
limit 1
