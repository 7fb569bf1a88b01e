-- If its alerts changed meanwhile, it stays due.
update integration.ticket
set progress = $5, state = $6, parked = $7, news = $8, version = version + 1,
    due_at = case when changed_at = $10 then $9::timestamptz else least(coalesce(due_at, changed_at), changed_at) end
where tenant_id = $1 and integration_id = $2 and key = $3 and version = $4
