select p.name from catalog.product p where p.tenant_id = $1 and p.product_id = $2
