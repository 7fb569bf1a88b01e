-- $1 tenant, $2 a name and $3 a part number, as keys.
select alias.kind, p.product_id, p.name, p.vendor
from catalog.alias alias
join catalog.product p on p.tenant_id = $1 and p.product_id = alias.product_id
where alias.tenant_id = $1
  and (alias.kind = 'name' and alias.key = $2::text or alias.kind = 'sku' and alias.key = $3::text)
order by alias.kind = 'sku' desc
