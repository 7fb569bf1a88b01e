select tenant_id, opened, closed from access.feed($1)
