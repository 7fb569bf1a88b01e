-- $1 tenant, $2 holders. Who was erased has no row.
select holder_id as id, name
from access.seat_holder
where tenant_id = $1 and holder_id = any ($2)
