select a.name, a.product, a.vendor from register.asset a where a.tenant_id = $1 and a.asset_id = $2
