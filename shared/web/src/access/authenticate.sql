select tenant_id, issued, revoked from access.authenticate($1)
